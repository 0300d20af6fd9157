//! People and groups to test with.

use std::sync::Arc;

use accounts::Accounts;
use accounts::groups::{Group, GroupChange, NewGroup};
use accounts::passwords::{Cost, Passwords};
use accounts::users::NewUser;
use base::clock::MockClock;
use base::resources::Quota;
use base::{Actor, Clock, Credential, OpContext, Person, Resources, Role, Secret, Timestamp};
use db::Database;
use folders::Layout;
use workloads::engine::Spec;
use workloads::images::{BuildOutcome, ImageSeed, Recipe, RecipeRequest};
use workloads::jobs::NewJob;
use workloads::{Rules, Workloads};

use crate::FakeRunner;

/// Everybody's password.
pub const PASSWORD: &str = "correct horse battery staple";

/// The groups `vision` and `speech`; `root` (platform admin of no group), `gail` (admin of vision), `mia` and `max`
/// (members of vision), `otto` (admin of speech, an outsider to vision); an image `base` that is ready; the built-in
/// instance types.
pub struct World {
    pub clock: Arc<MockClock>,
    pub db: Database,
    pub accounts: Accounts,
    pub workloads: Workloads,
    /// What the workloads run on.
    pub runner: Arc<FakeRunner>,
    /// Where things lie in the data directory.
    pub layout: Layout,
    /// The data directory.
    pub folder: tempfile::TempDir,
}

impl World {
    pub async fn new(db: &Database) -> Self {
        let clock = MockClock::new(Timestamp(1_770_000_000_000_000), 42);
        let accounts = Accounts::new(
            db.clone(),
            Passwords::new(Cost::Cheap, 2, &*clock),
            base::KeyRing::generate(&*clock),
        );
        let rules = Rules {
            capacity: Resources::new(64_000, 256 * 1024, 8),
            default_time_limit_s: 86_400,
            default_idle_s: 7200,
            default_lifetime_s: 0,
        };
        let folder = tempfile::tempdir().unwrap();
        let layout = Layout::new(folder.path());
        let runner = Arc::new(FakeRunner::default());
        let workloads = Workloads::new(db.clone(), accounts.clone(), rules, layout.clone(), runner.clone());
        let world = Self { clock, db: db.clone(), accounts, workloads, runner, layout, folder };
        world.fill().await;
        world
    }

    async fn fill(&self) {
        let ctx = self.system();
        for name in ["root", "gail", "mia", "max", "otto"] {
            let user = NewUser {
                name: name.to_owned(),
                password: Some(Secret::new(PASSWORD)),
                is_platform_admin: name == "root",
                ..NewUser::default()
            };
            self.accounts.create_user(&ctx, user).await.unwrap();
        }
        for name in ["vision", "speech"] {
            self.accounts
                .create_group(&ctx, NewGroup { name: name.to_owned(), ..NewGroup::default() })
                .await
                .unwrap();
        }
        let members = [
            ("vision", "gail", Role::Admin),
            ("vision", "mia", Role::Member),
            ("vision", "max", Role::Member),
            ("speech", "otto", Role::Admin),
        ];
        for (group, user, role) in members {
            self.accounts.add_member(&ctx, group, user, role).await.unwrap();
        }
        self.workloads.seed_instance_types(&ctx, None).await.unwrap();
        let (python, requirements) = (">=3.10".to_owned(), vec!["idna==3.20".to_owned()]);
        let seed = ImageSeed {
            name: "base".to_owned(),
            display_name: "Base".to_owned(),
            description: String::new(),
            request: RecipeRequest {
                python: python.clone(),
                requirements: requirements.clone(),
                ..RecipeRequest::default()
            },
            recipe: Recipe { python, requirements, ..Recipe::default() },
            digest: "d1".to_owned(),
            on_demand: false,
        };
        self.workloads.sync_built_in_images(&ctx, vec![seed]).await.unwrap();
        self.workloads.take_due_build(&ctx).await.unwrap().unwrap();
        let built = BuildOutcome::Built {
            path: "/nowhere".to_owned(),
            base_prefix: "/usr".to_owned(),
            python_version: "3.11".to_owned(),
            lock: "idna==3.20\n".to_owned(),
            size_bytes: 1,
        };
        self.workloads.finish_build(&ctx, "d1", 1, built).await.unwrap();
    }

    /// The background's context.
    pub fn system(&self) -> OpContext {
        OpContext::system("test", self.clock.clone())
    }

    /// Somebody who is not signed in.
    pub fn anonymous(&self) -> OpContext {
        OpContext {
            actor: Actor::Anonymous,
            credential: Credential::None,
            request_id: "test".to_owned(),
            clock: self.clock.clone(),
            address: None,
            catalogue: None,
        }
    }

    /// One of the people, with the roles that they have now.
    pub async fn person(&self, name: &str) -> OpContext {
        let ctx = self.system();
        let user = self.accounts.get_user(&ctx, name).await.unwrap();
        let memberships = self.accounts.groups_of(&ctx, user.id).await.unwrap();
        let person = Person {
            id: user.id,
            name: user.name,
            is_platform_admin: user.is_platform_admin,
            roles: memberships.iter().map(|m| (m.group.id, m.role)).collect(),
        };
        OpContext { actor: Actor::Person(person), ..self.anonymous() }
    }

    pub async fn group(&self, name: &str) -> Group {
        self.accounts.get_group(&self.system(), name).await.unwrap()
    }

    /// Sets the CPU quotas of vision, in cores.
    pub async fn set_cpu_quotas(&self, user: Option<i64>, group: Option<i64>) {
        let quota = |cores: Option<i64>| {
            Some(Quota { cpu_milli: cores.map(|cores| cores * 1000), ..Quota::UNLIMITED })
        };
        let change =
            GroupChange { user_quota: quota(user), group_quota: quota(group), ..GroupChange::default() };
        self.accounts.update_group(&self.system(), "vision", change).await.unwrap();
    }

    /// A job of one core that could be submitted.
    pub fn job(&self, name: &str) -> NewJob {
        NewJob {
            name: name.to_owned(),
            instance_type: "cpu-1".to_owned(),
            image: "base".to_owned(),
            spec: Spec::script("true".to_owned()),
            ..NewJob::default()
        }
    }

    /// The clock as the trait that constructors take.
    pub fn clock(&self) -> Arc<dyn Clock> {
        self.clock.clone()
    }
}
