//! What goes over the wire. CPU in cores, memory in GiB, times as RFC 3339 in UTC.

use std::collections::BTreeMap;

use accounts::groups::Group;
use accounts::users::User;
use base::resources::Quota;
use base::{Error, Resources, Result, Timestamp};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use workloads::engine::{Attempt, WorkloadEvent};
use workloads::jobs::{Job, JobSummary};

pub(crate) fn time(at: Timestamp) -> String {
    at.to_rfc3339()
}

/// What went wrong (RFC 9457).
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Problem {
    /// A URI that names the kind of problem.
    #[serde(rename = "type")]
    #[schema(example = "urn:portico:problem:not_found")]
    kind: String,
    title: String,
    status: u16,
    /// A stable word for programs.
    code: String,
    /// What was wrong, in a sentence.
    detail: String,
    /// What to do next.
    hint: Option<String>,
    /// The fields that are wrong.
    errors: Option<Vec<ProblemField>>,
    request_id: String,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ProblemField {
    field: String,
    message: String,
}

/// Upper bounds; null is unlimited, 0 is none.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct QuotaDto {
    /// Cores, in steps of 0.5.
    #[serde(default)]
    cpu: Option<f64>,
    /// GiB.
    #[serde(default)]
    memory: Option<f64>,
    #[serde(default)]
    gpu: Option<i64>,
}

impl From<Quota> for QuotaDto {
    fn from(quota: Quota) -> Self {
        Self {
            cpu: quota.cpu_milli.map(|milli| milli as f64 / 1000.0),
            memory: quota.memory_mib.map(|mib| mib as f64 / 1024.0),
            gpu: quota.gpu,
        }
    }
}

impl QuotaDto {
    /// `side` is `user` or `group`, for errors.
    pub(crate) fn quota(self, side: &str) -> Result<Quota> {
        // What rounds to nothing would refuse every job, which nobody means who writes a number.
        let rounded = |what: &str, amount: Option<f64>, size: f64, least: &str| match amount {
            Some(amount) if amount > 0.0 && amount * size < 1.0 => Err(Error::field(
                format!("{side}_{what}"),
                format!("This is too little. Use {least} or more, 0 for none, or null for unlimited."),
            )),
            amount => Ok(amount.map(|amount| (amount * size).round() as i64)),
        };
        Ok(Quota {
            cpu_milli: rounded("cpu", self.cpu, 1000.0, "0.5 cores")?,
            memory_mib: rounded("memory", self.memory, 1024.0, "1 MiB (0.001 GiB)")?,
            gpu: self.gpu,
        })
    }
}

/// Amounts: cores, GiB, GPUs.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
pub(crate) struct AmountsDto {
    cpu: f64,
    memory: f64,
    gpu: i64,
}

impl From<Resources> for AmountsDto {
    fn from(resources: Resources) -> Self {
        Self {
            cpu: resources.cpu_milli as f64 / 1000.0,
            memory: resources.memory_mib as f64 / 1024.0,
            gpu: resources.gpu,
        }
    }
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct GroupDto {
    pub(crate) name: String,
    pub(crate) display_name: String,
    pub(crate) user_quota: QuotaDto,
    pub(crate) group_quota: QuotaDto,
    /// Seconds; 0 is no limit, null takes the system's default.
    pub(crate) default_time_limit: Option<i64>,
    pub(crate) created_at: String,
    /// The caller's role, if any: member or admin.
    pub(crate) role: Option<String>,
}

impl GroupDto {
    pub(crate) fn new(group: Group, role: Option<base::Role>) -> Self {
        Self {
            name: group.name,
            display_name: group.display_name,
            user_quota: group.user_quota.into(),
            group_quota: group.group_quota.into(),
            default_time_limit: group.default_time_limit_s,
            created_at: time(group.created_at),
            role: role.map(|role| role.as_str().to_owned()),
        }
    }
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct UserDto {
    name: String,
    display_name: String,
    email: Option<String>,
    is_admin: bool,
    enabled: bool,
    theme: String,
    density: String,
    scale: i64,
    time_zone: String,
    created_at: String,
    last_sign_in_at: Option<String>,
}

impl From<User> for UserDto {
    fn from(user: User) -> Self {
        Self {
            name: user.name,
            display_name: user.display_name,
            email: user.email,
            is_admin: user.is_platform_admin,
            enabled: user.enabled,
            theme: user.theme.as_str().to_owned(),
            density: user.density.as_str().to_owned(),
            scale: user.scale.percent(),
            time_zone: user.time_zone,
            created_at: time(user.created_at),
            last_sign_in_at: user.last_sign_in_at.map(time),
        }
    }
}

/// A job to submit.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewJobDto {
    #[schema(example = "digits-baseline", max_length = 100)]
    pub(crate) name: String,
    #[schema(example = "cpu-1")]
    pub(crate) instance_type: String,
    #[schema(example = "data-science")]
    pub(crate) image: String,
    /// A bash script of at most 512 KiB.
    #[schema(example = "python train.py")]
    pub(crate) command: String,
    /// Environment variables.
    #[serde(default)]
    pub(crate) environment: BTreeMap<String, String>,
    /// Seconds; 0 is no limit; left out, the group's default counts.
    #[serde(default)]
    pub(crate) time_limit: Option<i64>,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct JobDto {
    pub(crate) id: String,
    name: String,
    submitted_by: String,
    instance_type: String,
    resources: AmountsDto,
    image: String,
    /// Seconds; 0 is no limit.
    time_limit: i64,
    /// waiting, preparing, running, succeeded, failed or cancelled.
    phase: String,
    is_stopping: bool,
    /// Why it ended: succeeded, user-code, cancelled, time-limit, out-of-memory, preempted, node-lost, image or platform.
    cause: Option<String>,
    /// A sentence: what it waits for, or why it ended.
    reason: String,
    exit_code: Option<i64>,
    signal: Option<i64>,
    attempts: i64,
    submitted_at: String,
    started_at: Option<String>,
    finished_at: Option<String>,
    copied_from: Option<String>,
}

impl From<JobSummary> for JobDto {
    fn from(job: JobSummary) -> Self {
        Self {
            id: job.slug,
            name: job.name,
            submitted_by: job.user_name,
            instance_type: job.instance_type,
            resources: job.resources.into(),
            image: job.image,
            time_limit: job.time_limit_s,
            phase: job.phase.as_str().to_owned(),
            is_stopping: job.is_stopping,
            cause: job.cause.map(|cause| cause.as_str().to_owned()),
            reason: job.reason,
            exit_code: job.exit_code,
            signal: job.signal,
            attempts: job.attempts,
            submitted_at: time(job.submitted_at),
            started_at: job.started_at.map(time),
            finished_at: job.finished_at.map(time),
            copied_from: job.copied_from,
        }
    }
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct JobDetailDto {
    #[serde(flatten)]
    summary: JobDto,
    command: String,
    /// Values of variables that sound secret are shown to the submitter only. For others they are `••••••@` and a
    /// job's id; submitted so again, with the same command, the new job finds what they were.
    /// The jobs of notebooks do not, because somebody else's notebook may print them.
    environment: BTreeMap<String, String>,
    /// The notebook that it runs instead of a command.
    notebook: Option<JobNotebookDto>,
    /// How many jobs of the group wait in front of it, while it waits.
    ahead: Option<u64>,
    /// Newest first.
    attempt_list: Vec<AttemptDto>,
}

/// The notebook that a job runs.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct JobNotebookDto {
    /// `home` of whoever submitted the job, or `shared`.
    place: String,
    /// Its path in there.
    path: String,
    parameters: BTreeMap<String, serde_json::Value>,
    /// What the executed notebook is called, beside the other.
    output: String,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AttemptDto {
    number: i64,
    started_at: Option<String>,
    finished_at: Option<String>,
    cause: Option<String>,
    message: String,
    max_memory_bytes: Option<u64>,
    cpu_seconds: Option<f64>,
}

impl From<Attempt> for AttemptDto {
    fn from(attempt: Attempt) -> Self {
        Self {
            number: attempt.number,
            started_at: attempt.started_at.map(time),
            finished_at: attempt.finished_at.map(time),
            cause: attempt.cause.map(|cause| cause.as_str().to_owned()),
            message: attempt.message,
            max_memory_bytes: attempt.max_memory_bytes,
            cpu_seconds: attempt.cpu_time_us.map(|us| us as f64 / 1e6),
        }
    }
}

impl From<Job> for JobDetailDto {
    fn from(job: Job) -> Self {
        let notebook = job.spec.runs.notebook_file().map(|notebook| JobNotebookDto {
            place: notebook.tree.as_str().to_owned(),
            output: notebook.output(&job.summary.slug),
            path: notebook.path.clone(),
            parameters: notebook.parameters.clone(),
        });
        Self {
            notebook,
            summary: job.summary.into(),
            command: job.spec.runs.script().unwrap_or_default().to_owned(),
            environment: job.spec.variables,
            ahead: job.ahead,
            attempt_list: job.attempts.into_iter().map(Into::into).collect(),
        }
    }
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct JobEventDto {
    at: String,
    kind: String,
    message: String,
}

impl From<WorkloadEvent> for JobEventDto {
    fn from(event: WorkloadEvent) -> Self {
        Self { at: time(event.at), kind: event.kind, message: event.message }
    }
}

/// One page of jobs.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct JobPageDto {
    pub(crate) items: Vec<JobDto>,
    /// Give it as `after` to read on.
    pub(crate) next: Option<String>,
    /// Give it as `before` to read back.
    pub(crate) previous: Option<String>,
}

#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct JobQuery {
    /// Part of a name, or the start of an id.
    pub(crate) search: Option<String>,
    /// Only one's own.
    #[serde(default)]
    pub(crate) mine: bool,
    /// waiting, preparing, running, succeeded, failed or cancelled; several with commas between.
    pub(crate) phase: Option<String>,
    pub(crate) instance_type: Option<String>,
    /// newest, oldest, name or name-down.
    pub(crate) sort: Option<String>,
    /// 1 to 200; 25 when left out.
    pub(crate) limit: Option<u64>,
    pub(crate) after: Option<String>,
    pub(crate) before: Option<String>,
}

#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct NameQuery {
    /// Part of a name.
    pub(crate) search: Option<String>,
    /// The last name of the page before.
    pub(crate) after: Option<String>,
    /// 1 to 200; 50 when left out.
    pub(crate) limit: Option<u64>,
    /// Every group, not only one's own; for platform admins.
    #[serde(default)]
    pub(crate) all: bool,
}

impl NameQuery {
    pub(crate) fn limit(&self) -> u64 {
        self.limit.unwrap_or(50).clamp(1, 200)
    }
}

/// Lines of a log.
#[derive(Debug, Serialize, ToSchema)]
#[cfg_attr(test, derive(Deserialize), serde(deny_unknown_fields))]
pub(crate) struct LogLinesDto {
    /// How many lines there are by now.
    total: u64,
    /// Whether no more will come.
    complete: bool,
    /// Why there is nothing, where something is to be said of it.
    note: Option<String>,
    lines: Vec<LogLineDto>,
}

/// One line of a log.
#[derive(Debug, Serialize, ToSchema)]
#[cfg_attr(test, derive(Deserialize), serde(deny_unknown_fields))]
pub(crate) struct LogLineDto {
    /// Its number, counted from 1.
    n: u64,
    /// When it was written: microseconds since 1970 in UTC.
    t: i64,
    /// Its text.
    s: String,
}

/// Where a log holds a text.
#[derive(Debug, Serialize, ToSchema)]
#[cfg_attr(test, derive(Deserialize), serde(deny_unknown_fields))]
pub(crate) struct LogMatchesDto {
    /// Numbers of lines, counted from 1.
    matches: Vec<u64>,
    /// Whether there may be more behind the last one.
    more: bool,
}

#[cfg(test)]
mod tests {
    use runner::log::{LogLine, LogPage};
    use web_kit::logs::{Search, WorkloadLog, json};
    use workloads::running::WorkloadLog::NotYet;

    use super::*;

    #[tokio::test]
    async fn logs_look_as_they_are_described() {
        let line = LogLine { number: 0, at_us: 1, text: "a".to_owned() };
        let page = LogPage { total: 3, complete: true, lines: vec![line] };
        let LogLinesDto { total, complete, note, lines } = serde_json::from_value(json(&page)).unwrap();
        assert_eq!((total, complete, note, lines[0].n), (3, true, None, 1));
        assert_eq!((lines[0].t, lines[0].s.as_str()), (1, "a"));
        let found = WorkloadLog::from(NotYet { is_over: true }).search(&Search::default()).await.unwrap();
        let LogMatchesDto { matches, more } = serde_json::from_value(found).unwrap();
        assert!(matches.is_empty() && !more);
    }
}
