//! Starting notebooks.

use std::collections::BTreeMap;

use accounts::audit::{self, Entry};
use accounts::groups::Group;
use base::error::FieldErrors;
use base::ids::uuid_v7;
use base::secret::random_base36;
use base::{Action, Error, OpContext, Result, UserId, names};
use db::{ResultExt as _, Tx};
use sea_orm::ActiveValue::Set;
use sea_orm::sea_query::OnConflict;
use sea_orm::{ActiveModelTrait as _, EntityTrait as _, IntoActiveModel as _};

use super::access::{NotebookAccess, require_owner};
use super::entity::{self, Model, variables};
use super::model::{Notebook, Run};
use super::store;
use crate::Workloads;
use crate::engine::{
    Admitted, JupyterLab, Kind, MAX_NAME, NewRows, NewWorkload, Runs, Spec, check_variables,
};
use crate::serving::{self, IdleRule};

/// More than that many nobody finds again.
const MOST_NOTEBOOKS: usize = 50;
const MOST_PATH: usize = 500;

/// A notebook as a person wants it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NewNotebook {
    pub name: String,
    pub instance_type: String,
    pub image: String,
    pub variables: BTreeMap<String, String>,
    /// The home is not the start folder but `user` below it, and packages of one's own are left out.
    pub safe_mode: bool,
    /// What to open first, relative to the home.
    pub open_path: String,
    pub idle: IdleRule,
}

impl NewNotebook {
    /// The notebook as it is, to be started again.
    pub fn like(notebook: &Notebook) -> Self {
        Self {
            name: notebook.name.clone(),
            instance_type: notebook.instance_type.clone(),
            image: notebook.image.clone(),
            variables: notebook.variables.clone(),
            safe_mode: notebook.safe_mode,
            open_path: notebook.open_path.clone(),
            idle: IdleRule { idle_s: notebook.idle_s, lifetime_s: notebook.lifetime_s },
        }
    }

    /// What can be told without the database; the name as it will be written.
    fn check(&self, errors: &mut FieldErrors) -> Option<String> {
        let name = errors.check("name", names::display_name(&self.name, MAX_NAME));
        check_variables(&self.variables, errors);
        let path = self.open_path.trim();
        let climbs = path.split('/').any(|part| part == "..");
        if path.len() > MOST_PATH || climbs || path.starts_with('/') || path.chars().any(char::is_control) {
            errors.add(
                "open_path",
                "Write a path below your home, such as “work/train.ipynb”, without “..” and a leading slash.",
            );
        }
        self.idle.check(errors);
        name
    }
}

/// What is known before the transaction.
struct Checked {
    name: String,
    admitted: Admitted,
    new: NewNotebook,
    user: UserId,
    /// Seconds: idle and lifetime, after all rules.
    idle: (i64, i64),
}

impl Workloads {
    /// Makes a notebook and puts its first run into the queue. A name that the person has already is refused.
    pub async fn create_notebook(
        &self,
        ctx: &OpContext,
        group: &Group,
        new: NewNotebook,
    ) -> Result<Notebook> {
        ctx.require_in_group(Action::RunWorkload, group.id)?;
        let checked = self.check_notebook(ctx, group, new).await?;
        let (ctx, group) = (ctx.clone(), group.clone());
        let slug = format!("nb-{}", random_base36(&*ctx.clock, 8));
        self.db
            .write(move |tx| {
                Box::pin(async move {
                    tx.lock_row(checked.user.0).await?;
                    let mine = store::of_group(tx.connection(), group.id, Some(checked.user)).await?;
                    if mine.len() >= MOST_NOTEBOOKS {
                        return Err(Error::conflict(
                            "too_many_notebooks",
                            format!("You have {MOST_NOTEBOOKS} notebooks in this group, which is the most."),
                        )
                        .with_hint("Delete one that you do not need; its files stay in your home."));
                    }
                    if let Some(same) =
                        store::by_name(tx.connection(), group.id, checked.user, &checked.name).await?
                    {
                        return Err(Error::field(
                            "name",
                            format!(
                                "You have a notebook “{}” in this group. Start that one, or choose another name.",
                                same.name
                            ),
                        ));
                    }
                    let now = ctx.now().micros();
                    let row = entity::ActiveModel {
                        id: Set(uuid_v7(&*ctx.clock)),
                        slug: Set(slug),
                        group_id: Set(group.id.0),
                        user_id: Set(checked.user.0),
                        user_name: Set(ctx.actor_name().to_owned()),
                        name: Set(String::new()),
                        name_folded: Set(String::new()),
                        instance_type: Set(String::new()),
                        image: Set(String::new()),
                        variables: Set(String::new()),
                        safe_mode: Set(false),
                        open_path: Set(String::new()),
                        idle_s: Set(None),
                        lifetime_s: Set(None),
                        runs: Set(0),
                        workload_id: Set(None),
                        created_at: Set(now),
                        used_at: Set(now),
                    };
                    // All of it is filled in by the start, in this transaction.
                    let row = row.insert(tx.connection()).await.doing("write a notebook")?;
                    start(tx, &ctx, &group, row, checked).await
                })
            })
            .await
    }

    /// Starts a notebook again, with changes where `new` says so. One that is up already is returned as it is.
    pub async fn start_notebook(
        &self,
        ctx: &OpContext,
        group: &Group,
        slug: &str,
        new: Option<NewNotebook>,
    ) -> Result<Notebook> {
        ctx.require_in_group(Action::RunWorkload, group.id)?;
        let notebook = self.get_notebook(ctx, group, slug).await?;
        require_owner(NotebookAccess::require(ctx, group, notebook.user, slug)?)?;
        if notebook.state.is_up() && new.is_none() {
            return Ok(notebook);
        }
        let new = new.unwrap_or_else(|| NewNotebook::like(&notebook));
        let checked = self.check_notebook(ctx, group, new).await?;
        let (ctx, group, slug) = (ctx.clone(), group.clone(), slug.to_owned());
        self.db
            .write(move |tx| {
                Box::pin(async move {
                    tx.lock_row(checked.user.0).await?;
                    let row = store::require(tx.connection(), group.id, &slug).await?;
                    let same = store::by_name(tx.connection(), group.id, checked.user, &checked.name).await?;
                    if same.is_some_and(|same| same.id != row.id) {
                        let text =
                            "You have another notebook of this name in this group. Choose another name.";
                        return Err(Error::field("name", text));
                    }
                    let found = store::with_runs(tx.connection(), vec![row.clone()]).await?.pop();
                    if let Some(found) = found.filter(|found| found.state.is_up()) {
                        if found.state == super::NotebookState::Stopping {
                            return Err(Error::conflict("stopping", "This notebook is being stopped.")
                                .with_hint("Start it again in a moment."));
                        }
                        // Somebody started it in this moment, or it never stopped.
                        return Ok(found);
                    }
                    start(tx, &ctx, &group, row, checked).await
                })
            })
            .await
    }

    async fn check_notebook(&self, ctx: &OpContext, group: &Group, new: NewNotebook) -> Result<Checked> {
        let user = ctx.person()?.id;
        let mut errors = FieldErrors::default();
        let name = new.check(&mut errors);
        let admitted = self.admit(ctx, group, &new.instance_type, &new.image, &mut errors).await?;
        let (Some(name), Some(admitted)) = (name, admitted) else { return Err(errors.into_error()) };
        let reader = self.db.reader();
        let of_group = serving::rule(reader, group.id.0).await?;
        let limit = serving::rule(reader, admitted.instance_type.id.0).await?;
        let system = (self.rules.default_idle_s, self.rules.default_lifetime_s);
        let idle = IdleRule::settle(new.idle, of_group, system, limit);
        Ok(Checked { name, admitted, new, user, idle })
    }
}

/// Writes the notebook as it was asked for and puts a run of it into the queue.
async fn start(tx: &Tx, ctx: &OpContext, group: &Group, row: Model, checked: Checked) -> Result<Notebook> {
    let Checked { name, admitted, new, user, idle } = checked;
    let now = ctx.now();
    let variables = serde_json::to_string(&new.variables)
        .map_err(|error| Error::internal_from("write variables", error))?;
    let (slug, runs) = (row.slug.clone(), row.runs + 1);
    let (instance_type, image) = (admitted.instance_type.name.clone(), admitted.image.name.clone());
    let workload = NewWorkload {
        kind: Kind::Notebook,
        slug: format!("{slug}.{runs}"),
        group,
        user,
        name: name.clone(),
        admitted,
        time_limit_s: 0,
        spec: &Spec {
            runs: Runs::JupyterLab(JupyterLab { safe_mode: new.safe_mode }),
            variables: new.variables,
        },
        copied_from: None,
    };
    let workload = NewRows::new(ctx, workload)?.write(tx, ctx).await?;
    let served = serving::begin(tx, workload.workload(), &slug, idle)?;
    let mut active = row.into_active_model();
    active.name_folded = Set(name.to_lowercase());
    active.name = Set(name.clone());
    active.instance_type = Set(instance_type);
    active.image = Set(image);
    active.variables = Set(variables.clone());
    active.safe_mode = Set(new.safe_mode);
    active.open_path = Set(new.open_path.trim().to_owned());
    active.idle_s = Set(new.idle.idle_s);
    active.lifetime_s = Set(new.idle.lifetime_s);
    active.runs = Set(runs);
    active.workload_id = Set(Some(workload.id));
    active.used_at = Set(now.micros());
    let row = active.update(tx.connection()).await.doing("write a notebook")?;
    let remembered =
        variables::ActiveModel { user_id: Set(user.0), group_id: Set(group.id.0), variables: Set(variables) };
    variables::Entity::insert(remembered)
        .on_conflict(
            OnConflict::columns([variables::Column::UserId, variables::Column::GroupId])
                .update_column(variables::Column::Variables)
                .to_owned(),
        )
        .exec_without_returning(tx.connection())
        .await
        .doing("remember variables")?;
    let entry = Entry { action: "notebook.start", group: Some(group.id), subject: &slug, detail: name };
    audit::record(tx, ctx, entry).await?;
    Ok(Notebook::from_rows(row, Some(Run::from_rows(workload, None, Some(served))?)))
}
