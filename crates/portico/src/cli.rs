//! The command line.

use std::path::PathBuf;
use std::process::ExitCode;

use accounts::access_keys::NewAccessKey;
use clap::{CommandFactory as _, Parser, Subcommand};

use crate::commands;
use crate::config::Values;

/// A self-hosted platform for machine-learning teams, in one binary.
#[derive(Debug, Parser)]
#[command(name = "portico", version, max_term_width = 100)]
pub struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run the server.
    Serve {
        #[command(flatten)]
        config: ConfigArguments,
    },
    /// Say what this machine can and can't do.
    Doctor {
        #[command(flatten)]
        config: ConfigArguments,
    },
    /// Bring the database up to this version.
    Migrate {
        #[command(flatten)]
        config: ConfigArguments,
    },
    /// Look at the configuration.
    Config {
        #[command(subcommand)]
        command: ConfigCommand,
    },
    /// Make users, let them in or not.
    User {
        #[command(subcommand)]
        command: UserCommand,
    },
    /// Make groups and add members.
    Group {
        #[command(subcommand)]
        command: GroupCommand,
    },
    /// Make API tokens.
    Token {
        #[command(subcommand)]
        command: TokenCommand,
    },
    /// Make, list and revoke the access keys with which ClearML's clients sign in.
    AccessKey {
        #[command(subcommand)]
        command: AccessKeyCommand,
    },
    /// Write and read configuration vaults.
    Vault {
        #[command(subcommand)]
        command: VaultCommand,
    },
    /// The keys with which secrets are sealed in the database.
    Keys {
        #[command(subcommand)]
        command: KeysCommand,
    },
    /// Print documentation made from the program itself.
    #[command(hide = true)]
    Docs {
        /// openapi, config-schema, configuration or cli
        what: String,
    },
}

#[derive(Clone, Debug, clap::Args)]
pub(crate) struct ConfigArguments {
    /// A TOML file with settings. Default: portico.toml in the data directory, if it is there.
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
enum ConfigCommand {
    /// Print every setting with its value and where it came from; secrets are hidden.
    Show {
        #[command(flatten)]
        config: ConfigArguments,
    },
}

#[derive(Debug, Subcommand)]
enum UserCommand {
    /// Make a user; safe beside a running server.
    Create {
        name: String,
        /// Make a platform admin.
        #[arg(long)]
        admin: bool,
        /// The name that people see. Default: the user name.
        #[arg(long, value_name = "NAME")]
        display_name: Option<String>,
        #[arg(long)]
        email: Option<String>,
        /// Read the password from the first line of standard input. Without it the user can't sign in yet.
        #[arg(long)]
        password_stdin: bool,
        #[command(flatten)]
        config: ConfigArguments,
    },
    /// Let nobody in under this name any more: sessions and tokens end at once, also on a running server.
    Disable {
        name: String,
        #[command(flatten)]
        config: ConfigArguments,
    },
    /// Let a disabled user in again.
    Enable {
        name: String,
        #[command(flatten)]
        config: ConfigArguments,
    },
}

#[derive(Debug, Subcommand)]
enum GroupCommand {
    /// Make a group without quotas; safe beside a running server.
    Create {
        name: String,
        #[command(flatten)]
        config: ConfigArguments,
    },
    /// Add a member to a group, or change a member's role.
    AddMember {
        group: String,
        user: String,
        /// Make a group admin.
        #[arg(long)]
        admin: bool,
        #[command(flatten)]
        config: ConfigArguments,
    },
}

#[derive(Debug, Subcommand)]
enum TokenCommand {
    /// Make an API token and print it, once.
    Create {
        #[arg(long)]
        user: String,
        /// read or write
        #[arg(long, default_value = "write")]
        scope: String,
        /// What the token is for.
        #[arg(long)]
        name: Option<String>,
        /// How long it lives.
        #[arg(long, default_value_t = 90)]
        days: i64,
        /// Print JSON.
        #[arg(long)]
        json: bool,
        #[command(flatten)]
        config: ConfigArguments,
    },
}

#[derive(Debug, Subcommand)]
enum AccessKeyCommand {
    /// Make an access key for a member of a group and print it, once.
    Create {
        #[arg(long)]
        user: String,
        #[arg(long)]
        group: String,
        /// What the key is for.
        #[arg(long, default_value = "")]
        label: String,
        /// How long it lives. Default: until it is revoked.
        #[arg(long)]
        days: Option<i64>,
        /// Print JSON.
        #[arg(long)]
        json: bool,
        #[command(flatten)]
        config: ConfigArguments,
    },
    /// Print somebody's access keys, without their secrets.
    List {
        #[arg(long)]
        user: String,
        /// Print JSON.
        #[arg(long)]
        json: bool,
        #[command(flatten)]
        config: ConfigArguments,
    },
    /// End an access key at once, also on a running server.
    Revoke {
        access_key: String,
        #[command(flatten)]
        config: ConfigArguments,
    },
}

/// Whose vault a command is about.
#[derive(Debug, clap::Args)]
#[group(required = true, multiple = false)]
pub(crate) struct VaultOwner {
    /// That of a person.
    #[arg(long, value_name = "NAME")]
    pub(crate) user: Option<String>,
    /// That of a group.
    #[arg(long, value_name = "NAME")]
    pub(crate) group: Option<String>,
    /// That of the platform.
    #[arg(long)]
    pub(crate) platform: bool,
}

#[derive(Debug, Subcommand)]
enum VaultCommand {
    /// Write a file into a vault and enable it.
    Set {
        #[command(flatten)]
        owner: VaultOwner,
        /// HOCON, JSON or YAML; - reads standard input.
        file: PathBuf,
        /// hocon, json or yaml. Default: what the content looks like.
        #[arg(long)]
        format: Option<String>,
        #[command(flatten)]
        config: ConfigArguments,
    },
    /// Print a vault as it was typed.
    Get {
        #[command(flatten)]
        owner: VaultOwner,
        #[command(flatten)]
        config: ConfigArguments,
    },
    /// Let clients get it.
    Enable {
        #[command(flatten)]
        owner: VaultOwner,
        #[command(flatten)]
        config: ConfigArguments,
    },
    /// Let no client get it any more.
    Disable {
        #[command(flatten)]
        owner: VaultOwner,
        #[command(flatten)]
        config: ConfigArguments,
    },
}

#[derive(Debug, Subcommand)]
enum KeysCommand {
    /// Print the names of the keys, the present one first.
    List {
        #[command(flatten)]
        config: ConfigArguments,
    },
    /// Make a new key and seal everything with it; the server must not run. Older keys stay, for backups and for access
    /// keys that nobody has used since.
    Rotate {
        #[command(flatten)]
        config: ConfigArguments,
    },
}

impl ConfigArguments {
    pub(crate) fn values(&self) -> anyhow::Result<Values> {
        let environment = std::env::vars_os()
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
            .filter(|(name, _)| name.starts_with("PORTICO_"))
            .collect();
        Values::load(self.config.as_deref(), &environment).map_err(anyhow::Error::msg)
    }
    pub(crate) fn load(&self) -> anyhow::Result<crate::config::Config> {
        self.values()?.parse().map_err(anyhow::Error::msg)
    }
}

/// Runs the command that the arguments name.
pub fn main() -> ExitCode {
    let cli = Cli::parse();
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return failed(&anyhow::Error::new(error)),
    };
    match runtime.block_on(run(cli.command)) {
        Ok(code) => code,
        Err(error) => failed(&error),
    }
}

fn failed(error: &anyhow::Error) -> ExitCode {
    use std::io::Write as _;
    let _ = writeln!(std::io::stderr(), "portico: {error:#}");
    ExitCode::FAILURE
}

async fn run(command: Command) -> anyhow::Result<ExitCode> {
    match command {
        Command::Serve { config } => {
            let config = config.load()?;
            crate::logging::start(&config)?;
            crate::server::serve(config).await?;
        }
        Command::Doctor { config } => return commands::doctor(&config.load()?).await,
        Command::Migrate { config } => commands::migrate(&config.load()?).await?,
        Command::Config { command: ConfigCommand::Show { config } } => {
            commands::show_config(&config.values()?)?;
        }
        Command::User {
            command: UserCommand::Create { name, admin, display_name, email, password_stdin, config },
        } => {
            let wanted = commands::WantedUser { name, display_name, email, is_admin: admin, password_stdin };
            commands::create_user(&config.load()?, wanted).await?;
        }
        Command::User { command: UserCommand::Disable { name, config } } => {
            commands::set_enabled(&config.load()?, &name, false).await?;
        }
        Command::User { command: UserCommand::Enable { name, config } } => {
            commands::set_enabled(&config.load()?, &name, true).await?;
        }
        Command::Group { command: GroupCommand::Create { name, config } } => {
            commands::create_group(&config.load()?, name).await?;
        }
        Command::Group { command: GroupCommand::AddMember { group, user, admin, config } } => {
            commands::add_member(&config.load()?, &group, &user, admin).await?;
        }
        Command::Token { command: TokenCommand::Create { user, scope, name, days, json, config } } => {
            commands::create_token(&config.load()?, &user, &scope, name, days, json).await?;
        }
        Command::AccessKey { command } => access_key(command).await?,
        Command::Vault { command } => vault(command).await?,
        Command::Keys { command: KeysCommand::List { config } } => {
            commands::list_sealing_keys(&config.load()?)?;
        }
        Command::Keys { command: KeysCommand::Rotate { config } } => {
            commands::rotate_sealing_keys(&config.load()?).await?;
        }
        Command::Docs { what } => commands::docs(&what)?,
    }
    Ok(ExitCode::SUCCESS)
}

async fn access_key(command: AccessKeyCommand) -> anyhow::Result<()> {
    match command {
        AccessKeyCommand::Create { user, group, label, days, json, config } => {
            let input = NewAccessKey { label, days };
            commands::create_access_key(&config.load()?, &user, &group, input, json).await
        }
        AccessKeyCommand::List { user, json, config } => {
            commands::list_access_keys(&config.load()?, &user, json).await
        }
        AccessKeyCommand::Revoke { access_key, config } => {
            commands::revoke_access_key(&config.load()?, &access_key).await
        }
    }
}

async fn vault(command: VaultCommand) -> anyhow::Result<()> {
    match command {
        VaultCommand::Set { owner, file, format, config } => {
            commands::set_vault(&config.load()?, owner, &file, format.as_deref()).await
        }
        VaultCommand::Get { owner, config } => commands::get_vault(&config.load()?, owner).await,
        VaultCommand::Enable { owner, config } => commands::enable_vault(&config.load()?, owner, true).await,
        VaultCommand::Disable { owner, config } => {
            commands::enable_vault(&config.load()?, owner, false).await
        }
    }
}

/// `docs/cli.md`: the help of every command.
pub(crate) fn help() -> String {
    let mut text = String::from("# The command line\n");
    let mut root = Cli::command();
    root.build();
    describe(&mut root, "portico", &mut text);
    text
}

fn describe(command: &mut clap::Command, path: &str, text: &mut String) {
    text.push_str(&format!(
        "\n## `{path}`\n\n```text\n{}\n```\n",
        command.render_long_help().to_string().trim_end()
    ));
    let names: Vec<String> = command
        .get_subcommands()
        .filter(|sub| !sub.is_hide_set() && sub.get_name() != "help")
        .map(|sub| sub.get_name().to_owned())
        .collect();
    for name in names {
        if let Some(sub) = command.find_subcommand_mut(&name) {
            describe(sub, &format!("{path} {name}"), text);
        }
    }
}
