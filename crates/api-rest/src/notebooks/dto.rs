//! Notebooks on the wire. Times are RFC 3339 in UTC, spans are seconds.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use workloads::notebooks::model::Run;
use workloads::notebooks::{NewNotebook, Notebook, NotebookList};
use workloads::serving::IdleRule;

use crate::dto::{AmountsDto, time};

/// A notebook to make or to start again.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewNotebookDto {
    pub(crate) name: String,
    pub(crate) instance_type: String,
    pub(crate) image: String,
    #[serde(default)]
    pub(crate) environment: BTreeMap<String, String>,
    /// The home is not the start folder but `user` below it, and packages of one's own are left out.
    #[serde(default)]
    pub(crate) safe_mode: bool,
    /// What to open first, relative to the home.
    #[serde(default)]
    pub(crate) open_path: String,
    /// Seconds without activity after which it is stopped; 0 is never, null the group's default.
    pub(crate) idle: Option<i64>,
    /// Seconds after which it is stopped in any case; 0 is never, null the group's default.
    pub(crate) lifetime: Option<i64>,
}

impl From<NewNotebookDto> for NewNotebook {
    fn from(new: NewNotebookDto) -> Self {
        Self {
            name: new.name,
            instance_type: new.instance_type,
            image: new.image,
            variables: new.environment,
            safe_mode: new.safe_mode,
            open_path: new.open_path,
            idle: IdleRule { idle_s: new.idle, lifetime_s: new.lifetime },
        }
    }
}

/// What to change when a notebook is started again; an empty object changes nothing.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct StartDto {
    instance_type: Option<String>,
    image: Option<String>,
    environment: Option<BTreeMap<String, String>>,
    safe_mode: Option<bool>,
}

impl StartDto {
    /// The notebook with the changes; `None` when there are none.
    pub(crate) fn changes(self, notebook: &Notebook) -> Option<NewNotebook> {
        let Self { instance_type, image, environment, safe_mode } = self;
        if instance_type.is_none() && image.is_none() && environment.is_none() && safe_mode.is_none() {
            return None;
        }
        let now = NewNotebook::like(notebook);
        Some(NewNotebook {
            instance_type: instance_type.unwrap_or(now.instance_type),
            image: image.unwrap_or(now.image),
            variables: environment.unwrap_or(now.variables),
            safe_mode: safe_mode.unwrap_or(now.safe_mode),
            ..now
        })
    }
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct NotebookDto {
    id: String,
    name: String,
    owner: String,
    /// stopped, waiting, preparing, starting, ready, stopping or failed.
    state: String,
    /// A sentence: what it waits for, or why it ended.
    reason: String,
    instance_type: String,
    image: String,
    safe_mode: bool,
    open_path: String,
    /// Where its owner reaches it: with a browser by way of the portal, with a token in the `Authorization` header directly.
    url: String,
    created_at: String,
    last_started_at: String,
    run: Option<RunDto>,
}

/// Its newest run.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RunDto {
    resources: AmountsDto,
    queued_at: String,
    /// When its turn came.
    claimed_at: Option<String>,
    started_at: Option<String>,
    /// When it first answered.
    ready_at: Option<String>,
    finished_at: Option<String>,
    cause: Option<String>,
    exit_code: Option<i64>,
    signal: Option<i64>,
    /// Seconds without activity after which it is stopped; 0 is never.
    idle: i64,
    lifetime: i64,
    last_active_at: Option<String>,
    /// When it will be stopped, if nothing happens in it.
    idle_stop_at: Option<String>,
    /// Whether its page warns of that.
    is_warned: bool,
}

impl From<Run> for RunDto {
    fn from(run: Run) -> Self {
        Self {
            idle_stop_at: run.idle_stop_at().filter(|_| !run.phase.is_final()).map(time),
            resources: run.resources.into(),
            queued_at: time(run.queued_at),
            claimed_at: run.claimed_at.map(time),
            started_at: run.started_at.map(time),
            ready_at: run.ready_at.map(time),
            finished_at: run.finished_at.map(time),
            cause: run.cause.map(|cause| cause.as_str().to_owned()),
            exit_code: run.exit_code,
            signal: run.signal,
            idle: run.idle_s,
            lifetime: run.lifetime_s,
            last_active_at: run.active_at.map(time),
            is_warned: run.warned_at.is_some(),
        }
    }
}

impl NotebookDto {
    pub(crate) fn new(notebook: Notebook, content_url: &str) -> Self {
        Self {
            url: content_url.to_owned(),
            reason: notebook.run.as_ref().map(|run| run.reason.clone()).unwrap_or_default(),
            id: notebook.slug,
            name: notebook.name,
            owner: notebook.user_name,
            state: notebook.state.as_str().to_owned(),
            instance_type: notebook.instance_type,
            image: notebook.image,
            safe_mode: notebook.safe_mode,
            open_path: notebook.open_path,
            created_at: time(notebook.created_at),
            last_started_at: time(notebook.used_at),
            run: notebook.run.map(Into::into),
        }
    }
}

/// One's own notebooks and, for group admins, those of the others.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct NotebookListDto {
    pub(crate) mine: Vec<NotebookDto>,
    pub(crate) others: Vec<NotebookDto>,
}

impl NotebookListDto {
    pub(crate) fn new(list: NotebookList, url: impl Fn(&str) -> String) -> Self {
        let dto = |notebook: Notebook| {
            let url = url(&notebook.slug);
            NotebookDto::new(notebook, &url)
        };
        Self {
            mine: list.mine.into_iter().map(&dto).collect(),
            others: list.others.into_iter().map(&dto).collect(),
        }
    }
}

/// Spans in seconds; 0 is never, null says nothing.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct IdleRuleDto {
    /// Without activity.
    pub(crate) idle: Option<i64>,
    /// In all.
    pub(crate) lifetime: Option<i64>,
}

impl From<IdleRule> for IdleRuleDto {
    fn from(rule: IdleRule) -> Self {
        Self { idle: rule.idle_s, lifetime: rule.lifetime_s }
    }
}

impl From<IdleRuleDto> for IdleRule {
    fn from(rule: IdleRuleDto) -> Self {
        Self { idle_s: rule.idle, lifetime_s: rule.lifetime }
    }
}
