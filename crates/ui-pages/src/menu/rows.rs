//! The table. The palette lists rows in this order.

use paths::Path;
use paths::admin as at;

use super::{Address, Audience, Does, Menu, Place, Row};
use crate::frame::Entry;

/// An address that is the same for everybody.
macro_rules! fixed {
    ($path:path) => {
        Address::Fixed { pattern: pattern_of($path), link: || $path.link() }
    };
}

/// An address in the group that the person is in.
macro_rules! in_group {
    ($path:path) => {
        Address::InGroup { pattern: pattern_of($path), link: |group| $path.link(group) }
    };
}

const fn pattern_of<P: Path>(_: P) -> &'static str {
    P::PATTERN
}

/// What most rows have in common.
const PAGE: Row = Row {
    id: "",
    label: "",
    icon: "",
    about: "",
    words: "",
    does: Does::Dialog(""),
    who: Audience::Everybody,
    entry: Entry::Other,
    places: &[],
};

/// A page of the person's own.
const OWN: Row = Row { about: "Your account", ..PAGE };

/// A page of the admin portal.
const ADMIN: Row = Row { about: "Admin portal", who: Audience::PlatformAdmins, ..PAGE };

/// Everywhere that people go to, and everything that they do from anywhere.
pub static ROWS: &[Row] = &[
    // What people come for.
    Row {
        id: "notebook-new",
        label: "Start a notebook",
        icon: "notebook",
        about: "Work in JupyterLab",
        words: "new create launch jupyter",
        does: Does::Open(in_group!(paths::NotebookNew)),
        who: Audience::Members,
        places: &[Place::tile(Menu::QuickStart, 1, "Start a notebook", "Work in JupyterLab.")],
        ..PAGE
    },
    Row {
        id: "job-new",
        label: "New job",
        icon: "plus",
        about: "Submit a script",
        words: "create run start train batch",
        does: Does::Open(in_group!(paths::JobNew)),
        who: Audience::Members,
        places: &[
            Place::tile(Menu::QuickStart, 2, "Run a job", "Submit a script and watch it."),
            Place::tile(
                Menu::UserGuide,
                2,
                "Write a good job",
                "Start small, print progress, end with an exit code. Copy a job that worked.",
            )
            .pictured("terminal"),
        ],
        ..PAGE
    },
    Row {
        id: "notebook-run",
        label: "Run a notebook as a job",
        icon: "play",
        about: "Pick one of your files",
        words: "new submit papermill parameters ipynb",
        does: Does::Open(in_group!(paths::NotebookRun)),
        who: Audience::Members,
        ..PAGE
    },
    // The group's pages.
    Row {
        id: "home",
        label: "Home",
        icon: "house",
        words: "overview dashboard start usage quota",
        does: Does::Open(in_group!(paths::Home)),
        entry: Entry::Home,
        places: &[Place::new(Menu::Portal, 1)],
        ..PAGE
    },
    Row {
        id: "notebooks",
        label: "Notebooks",
        icon: "notebook",
        words: "jupyter jupyterlab lab",
        does: Does::Open(in_group!(paths::Notebooks)),
        entry: Entry::Notebooks,
        places: &[
            Place::new(Menu::Portal, 2),
            Place::tile(
                Menu::UserGuide,
                1,
                "Work in a notebook",
                "JupyterLab in your browser. Files and packages stay when it stops.",
            ),
        ],
        ..PAGE
    },
    Row {
        id: "jobs",
        label: "Jobs",
        icon: "play",
        words: "runs queue logs experiments",
        does: Does::Open(in_group!(paths::Jobs)),
        entry: Entry::Jobs,
        places: &[
            Place::new(Menu::Portal, 3),
            Place::tile(Menu::QuickStart, 3, "Open jobs", "Follow logs, cancel, run again."),
        ],
        ..PAGE
    },
    Row {
        id: "images",
        label: "Images",
        icon: "layers",
        words: "environments containers packages docker python",
        does: Does::Open(in_group!(paths::Images)),
        entry: Entry::Images,
        places: &[
            Place::new(Menu::Portal, 4).below("Group"),
            Place::tile(Menu::QuickStart, 4, "Open images", "What your jobs can run in."),
        ],
        ..PAGE
    },
    Row {
        id: "image-new",
        label: "New image",
        icon: "plus",
        words: "create build add environment container packages",
        does: Does::Open(in_group!(paths::ImageNew)),
        who: Audience::GroupAdmins,
        ..PAGE
    },
    Row {
        id: "settings",
        label: "Settings",
        icon: "settings",
        words: "members people group quota limits time idle",
        does: Does::Open(in_group!(paths::Settings)),
        entry: Entry::Settings,
        places: &[
            Place::new(Menu::Portal, 5),
            Place::tile(
                Menu::UserGuide,
                4,
                "Know your limits",
                "What you and the group may use at the same time.",
            )
            .pictured("gauge"),
        ],
        ..PAGE
    },
    // The person's own pages.
    Row {
        id: "profile",
        label: "Profile",
        icon: "user",
        words: "account preferences name density size time zone",
        does: Does::Open(fixed!(paths::Profile)),
        places: &[
            Place::new(Menu::Person, 1),
            Place::new(Menu::Profile, 1),
            Place::tile(Menu::NoGroupTiles, 1, "Profile", "Your name, theme and time zone."),
        ],
        ..OWN
    },
    Row {
        id: "password",
        label: "Change password",
        icon: "lock",
        words: "credentials passphrase security",
        does: Does::Open(fixed!(paths::ProfilePassword)),
        places: &[Place::new(Menu::Person, 2), Place::new(Menu::Profile, 2).named("Password")],
        ..OWN
    },
    Row {
        id: "sessions",
        label: "Sessions",
        icon: "laptop",
        words: "browsers devices signed in revoke security",
        does: Does::Open(fixed!(paths::ProfileSessions)),
        places: &[Place::new(Menu::Profile, 3)],
        ..OWN
    },
    Row {
        id: "tokens",
        label: "API tokens",
        icon: "key-round",
        words: "credentials access keys secrets curl",
        does: Does::Open(fixed!(paths::ProfileTokens)),
        places: &[
            Place::new(Menu::Person, 3),
            Place::new(Menu::Profile, 4),
            Place::tile(
                Menu::UserGuide,
                3,
                "Work from your own machine",
                "Make an API token and submit jobs with curl or Python.",
            ),
            Place::tile(Menu::NoGroupTiles, 2, "API tokens", "For programs that act for you."),
        ],
        ..OWN
    },
    Row {
        id: "access-keys",
        label: "Access keys",
        icon: "key-round",
        words: "credentials clearml sdk agent secrets",
        does: Does::Open(fixed!(paths::ProfileAccessKeys)),
        places: &[Place::new(Menu::Profile, 6)],
        ..OWN
    },
    Row {
        id: "vault",
        label: "Configuration vault",
        icon: "settings",
        words: "clearml settings environment secrets hocon yaml json",
        does: Does::Open(fixed!(paths::ProfileVault)),
        places: &[Place::new(Menu::Profile, 7)],
        ..OWN
    },
    Row {
        id: "ssh-keys",
        label: "SSH keys",
        icon: "terminal",
        words: "credentials public remote vscode",
        does: Does::Open(fixed!(paths::ProfileSshKeys)),
        places: &[Place::new(Menu::Profile, 5)],
        ..OWN
    },
    Row {
        id: "api-docs",
        label: "REST API",
        icon: "file-text",
        about: "Reference",
        words: "documentation openapi swagger help http curl",
        does: Does::Open(fixed!(paths::ApiDocs)),
        places: &[Place::new(Menu::Person, 4)],
        ..PAGE
    },
    // The admin portal.
    Row {
        id: "admin",
        label: "Admin portal",
        icon: "shield",
        about: "Groups, users, machine",
        words: "administration manage platform",
        does: Does::Open(fixed!(at::Groups)),
        places: &[Place::new(Menu::Person, 5)],
        ..ADMIN
    },
    Row {
        id: "admin-groups",
        label: "Groups",
        icon: "users",
        words: "administration teams quotas members",
        does: Does::Open(fixed!(at::Groups)),
        entry: Entry::AdminGroups,
        places: &[Place::new(Menu::Admin, 1), Place::new(Menu::NoGroup, 2)],
        ..ADMIN
    },
    Row {
        id: "admin-group-new",
        label: "New group",
        icon: "plus",
        words: "create add team",
        does: Does::Open(fixed!(at::GroupNew)),
        places: &[Place::new(Menu::NoGroup, 1)],
        ..ADMIN
    },
    Row {
        id: "admin-users",
        label: "Users",
        icon: "user",
        words: "administration people accounts",
        does: Does::Open(fixed!(at::Users)),
        entry: Entry::AdminUsers,
        places: &[Place::new(Menu::Admin, 2)],
        ..ADMIN
    },
    Row {
        id: "admin-user-new",
        label: "New user",
        icon: "plus",
        words: "create add invite person account",
        does: Does::Open(fixed!(at::UserNew)),
        ..ADMIN
    },
    Row {
        id: "admin-instance-types",
        label: "Instance types",
        icon: "cpu",
        words: "administration sizes machines gpu flavors",
        does: Does::Open(fixed!(at::InstanceTypes)),
        entry: Entry::AdminInstanceTypes,
        places: &[Place::new(Menu::Admin, 3)],
        ..ADMIN
    },
    Row {
        id: "admin-instance-type-new",
        label: "New instance type",
        icon: "plus",
        words: "create add size gpu",
        does: Does::Open(fixed!(at::InstanceTypeNew)),
        ..ADMIN
    },
    Row {
        id: "admin-images",
        label: "Images",
        icon: "layers",
        words: "administration system environments containers",
        does: Does::Open(fixed!(at::Images)),
        entry: Entry::AdminImages,
        places: &[Place::new(Menu::Admin, 4)],
        ..ADMIN
    },
    Row {
        id: "admin-image-new",
        label: "New system image",
        icon: "plus",
        words: "create build add environment container",
        does: Does::Open(fixed!(at::ImageNew)),
        ..ADMIN
    },
    Row {
        id: "admin-system",
        label: "System",
        icon: "server",
        words: "administration machine health version capacity status",
        does: Does::Open(fixed!(at::System)),
        entry: Entry::AdminSystem,
        places: &[Place::new(Menu::Admin, 5)],
        ..ADMIN
    },
    // What the page does by itself, and forms.
    Row {
        id: "theme-light",
        label: "Light theme",
        icon: "sun",
        words: "bright mode appearance colours day",
        about: "How pages look to you",
        does: Does::Post(fixed!(paths::Theme), Some(("theme", "light"))),
        places: &[Place::new(Menu::Themes, 1).named("Light")],
        ..PAGE
    },
    Row {
        id: "theme-dark",
        label: "Dark theme",
        icon: "moon",
        words: "black mode appearance colours night",
        about: "How pages look to you",
        does: Does::Post(fixed!(paths::Theme), Some(("theme", "dark"))),
        places: &[Place::new(Menu::Themes, 2).named("Dark")],
        ..PAGE
    },
    Row {
        id: "theme-system",
        label: "System theme",
        icon: "monitor",
        words: "automatic mode appearance colours",
        about: "How pages look to you",
        does: Does::Post(fixed!(paths::Theme), Some(("theme", "system"))),
        places: &[Place::new(Menu::Themes, 3).named("System")],
        ..PAGE
    },
    Row {
        id: "shortcuts",
        label: "Keyboard shortcuts",
        icon: "keyboard",
        about: "Help",
        words: "keys hotkeys bindings",
        does: Does::Dialog("shortcuts"),
        places: &[Place::new(Menu::Person, 6).with_key("?")],
        ..PAGE
    },
    Row {
        id: "sign-out",
        label: "Log out",
        icon: "log-out",
        words: "sign out logout exit leave",
        does: Does::Post(fixed!(paths::SignOut), None),
        places: &[
            Place::new(Menu::Out, 1),
            Place::tile(Menu::NoGroupTiles, 3, "Log out", "Sign in again when you are added."),
        ],
        ..OWN
    },
];
