//! Configuration: one table of settings; a TOML file, the environment and `*_FILE` secrets fill it.
//!
//! Later sources win: default, file, environment. Every value knows where it came from.

mod content;
mod render;
mod settings;

use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};

use base::Resources;
use db::DatabaseConfig;
use proxy::ContentSettings;

pub use render::{json_schema, markdown};
pub use settings::{SETTINGS, Setting, Shape};

/// Where a value came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    Default,
    File(PathBuf),
    Variable(String),
}

impl std::fmt::Display for Source {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Default => f.write_str("default"),
            Self::File(path) => write!(f, "{}", path.display()),
            Self::Variable(name) => f.write_str(name),
        }
    }
}

/// Every setting with its value as text, before it is parsed.
#[derive(Clone, Debug)]
pub struct Values(BTreeMap<&'static str, (String, Source)>);

/// What the rest of the program reads.
#[derive(Clone, Debug)]
pub struct Config {
    pub data_dir: PathBuf,
    pub listen: SocketAddr,
    pub admin_listen: SocketAddr,
    pub public_url: String,
    pub trusted_proxies: Vec<IpAddr>,
    pub content: ContentSettings,
    /// The content origin's own listener, where it has one.
    pub content_listen: Option<SocketAddr>,
    /// Where SSH is listened for; `None` where it is off.
    pub ssh_listen: Option<SocketAddr>,
    /// The host and port that people are told.
    pub ssh_address: (String, u16),
    pub ssh_host_key: Option<base::Secret>,
    /// Where they don't lie in the data directory.
    pub sealing_keys: Option<base::KeyRing>,
    pub database: DatabaseConfig,
    pub log_json: bool,
    pub log_filter: String,
    pub time_zone: String,
    pub instance_types_file: Option<PathBuf>,
    pub default_time_limit_s: i64,
    pub default_idle_s: i64,
    pub default_lifetime_s: i64,
    pub job_retention_days: i64,
    pub cpu_milli: Option<i64>,
    pub memory_mib: Option<i64>,
    pub gpus: Option<i64>,
    pub network: runner::Network,
    pub blocked_networks: Vec<ipnet::Ipv4Net>,
    pub require_isolation: bool,
    pub container_engine: runner::ContainerEngine,
    pub build_environments: bool,
    pub uv: Option<PathBuf>,
    pub index_url: Option<String>,
    pub find_links: Option<PathBuf>,
    pub offline: bool,
    pub proxy: Option<String>,
    pub python: Option<PathBuf>,
}

impl Values {
    /// Reads the file (`given`, else `PORTICO_CONFIG`, else `portico.toml` in the data directory if there is one)
    /// and the environment.
    pub fn load(given: Option<&Path>, environment: &BTreeMap<String, String>) -> Result<Self, String> {
        let mut values = BTreeMap::new();
        for setting in SETTINGS {
            values.insert(setting.key, (setting.default.to_owned(), Source::Default));
        }
        let mut all = Self(values);
        let from_environment = read_environment(environment)?;
        let data_dir = from_environment
            .get("data_dir")
            .map_or(all.text("data_dir").to_owned(), |(value, _)| value.clone());
        let file = match given
            .map(Path::to_owned)
            .or_else(|| environment.get("PORTICO_CONFIG").map(PathBuf::from))
        {
            Some(file) => Some(file),
            None => Some(Path::new(&data_dir).join("portico.toml")).filter(|file| file.exists()),
        };
        if let Some(file) = file {
            all.read_file(&file)?;
        }
        all.0.extend(from_environment);
        Ok(all)
    }

    fn text(&self, key: &str) -> &str {
        self.0.get(key).map_or("", |(value, _)| value)
    }

    /// A comma-separated list. That all of it can be parsed was checked with the setting's shape.
    fn list<T: std::str::FromStr>(&self, key: &str) -> Vec<T> {
        self.text(key).split(',').filter_map(|item| item.trim().parse().ok()).collect()
    }

    fn read_file(&mut self, file: &Path) -> Result<(), String> {
        let path = file.display();
        let text = fs_err::read_to_string(file)
            .map_err(|error| format!("The configuration can't be read: {error}."))?;
        let table: toml::Table = text.parse().map_err(|error: toml::de::Error| {
            format!("{path} is no TOML file: {}", error.to_string().trim())
        })?;
        for (key, value) in table {
            let Some(setting) = SETTINGS.iter().find(|setting| setting.key == key) else {
                return Err(format!("{path} has the unknown setting “{key}”.{}", suggestion(&key)));
            };
            let text = match value {
                toml::Value::String(text) => text,
                toml::Value::Integer(number) => number.to_string(),
                toml::Value::Float(number) => number.to_string(),
                toml::Value::Boolean(value) => value.to_string(),
                toml::Value::Array(items) => {
                    let items: Option<Vec<&str>> = items.iter().map(toml::Value::as_str).collect();
                    items.ok_or_else(|| format!("{path}: “{key}” is a list of texts."))?.join(",")
                }
                toml::Value::Datetime(_) | toml::Value::Table(_) => {
                    return Err(format!("{path}: “{key}” is {}.", setting.shape.describe()));
                }
            };
            self.0.insert(setting.key, (text, Source::File(file.to_owned())));
        }
        Ok(())
    }

    /// Each setting with its value and source, secrets hidden.
    pub fn redacted(&self) -> Vec<(&'static Setting, String, String)> {
        SETTINGS
            .iter()
            .map(|setting| {
                let (value, source) =
                    self.0.get(setting.key).cloned().unwrap_or((String::new(), Source::Default));
                let value =
                    if setting.is_secret && !value.is_empty() { "(hidden)".to_owned() } else { value };
                (setting, value, source.to_string())
            })
            .collect()
    }

    /// Parses every value, or says which one is wrong, where it came from and what it should be.
    pub fn parse(&self) -> Result<Config, String> {
        for setting in SETTINGS {
            let (value, source) =
                self.0.get(setting.key).ok_or_else(|| format!("{} is missing.", setting.key))?;
            if !setting.shape.fits(value) {
                let shown = if setting.is_secret { "its value" } else { value.as_str() };
                return Err(format!(
                    "{} (from {source}) can't be {shown}: it is {}.",
                    setting.key,
                    setting.shape.describe()
                ));
            }
        }
        let path = |key| Some(self.text(key)).filter(|text| !text.is_empty()).map(PathBuf::from);
        let text = |key| Some(self.text(key)).filter(|text| !text.is_empty()).map(str::to_owned);
        let thousandths =
            |key, size: f64| self.text(key).parse::<f64>().ok().map(|value| (value * size).round() as i64);
        let flag = |key| self.text(key) == "true";
        let address = |key: &str| -> Result<SocketAddr, String> {
            self.text(key)
                .parse()
                .map_err(|_| format!("{key}: {} is no address. Write it as 127.0.0.1:8080.", self.text(key)))
        };
        let data_dir =
            std::path::absolute(self.text("data_dir")).map_err(|error| format!("data_dir: {error}"))?;
        let listen = address("listen")?;
        let database = match self.text("database_url") {
            "" => DatabaseConfig::Sqlite(data_dir.join("portico.db")),
            url => DatabaseConfig::parse(url).map_err(|error| format!("database_url: {error}"))?,
        };
        let sealing_keys = match self.text("sealing_keys") {
            "" => None,
            keys => Some(base::KeyRing::parse(keys).map_err(|error| format!("sealing_keys: {error}"))?),
        };
        let public_url = text("public_url").unwrap_or_else(|| format!("http://{listen}"));
        let (content_address, content_listen) = content::parse(&content::ContentInput {
            content_listen: self.text("content_listen"),
            content_url: self.text("content_url"),
            content_domain: self.text("content_domain"),
            listen,
            public_url: &public_url,
        })?;
        let whole = |key: &str, otherwise: u32| self.text(key).parse().unwrap_or(otherwise);
        let content = ContentSettings {
            address: content_address,
            requests_per_person: whole("content_requests_per_person", 256),
            sockets_per_person: whole("content_sockets_per_person", 512),
        };
        let ssh_listen = match self.text("ssh_listen") {
            "" | "off" => None,
            _ => Some(address("ssh_listen")?),
        };
        let ssh_port = ssh_listen.map_or(22, |address| address.port());
        let ssh_address = ssh_address(self.text("ssh_address"), &public_url, ssh_port)?;
        let time_zone = self.text("time_zone").to_owned();
        if !base::clock::is_time_zone(&time_zone) {
            return Err(format!("time_zone: “{time_zone}” is no time zone. Write it as Europe/Paris."));
        }
        Ok(Config {
            listen,
            admin_listen: address("admin_listen")?,
            public_url: public_url.trim_end_matches('/').to_owned(),
            trusted_proxies: self.list("trusted_proxies"),
            content,
            content_listen,
            ssh_listen,
            ssh_address,
            ssh_host_key: text("ssh_host_key").map(base::Secret::new),
            sealing_keys,
            database,
            log_json: self.text("log_format") == "json",
            log_filter: self.text("log_level").to_owned(),
            time_zone,
            instance_types_file: path("instance_types_file"),
            default_time_limit_s: self.text("job_time_limit").parse().unwrap_or(86_400),
            default_idle_s: self.text("notebook_idle").parse().unwrap_or(7200),
            default_lifetime_s: self.text("notebook_lifetime").parse().unwrap_or(0),
            job_retention_days: self.text("job_retention_days").parse().unwrap_or(30),
            cpu_milli: thousandths("local_cpu", 1000.0),
            memory_mib: thousandths("local_memory", 1024.0),
            gpus: self.text("local_gpus").parse().ok(),
            network: match self.text("local_network") {
                "none" => runner::Network::None,
                "host" => runner::Network::Host,
                _ => runner::Network::Outbound,
            },
            blocked_networks: self.list("local_blocked_networks"),
            require_isolation: flag("local_require_isolation"),
            container_engine: match self.text("container_engine") {
                "auto" => runner::ContainerEngine::Auto,
                "off" => runner::ContainerEngine::Off,
                path => runner::ContainerEngine::Socket(path.trim_start_matches("unix://").into()),
            },
            build_environments: flag("environments_build"),
            uv: path("uv"),
            index_url: text("package_index"),
            find_links: path("package_folder"),
            offline: flag("package_offline"),
            proxy: text("package_proxy"),
            python: path("python"),
            data_dir,
        })
    }
}

impl Config {
    /// What the runner may give, where the configuration says it.
    pub fn capacity(&self, found: Resources) -> Resources {
        Resources {
            cpu_milli: self.cpu_milli.unwrap_or(found.cpu_milli),
            memory_mib: self.memory_mib.unwrap_or(found.memory_mib),
            gpu: self.gpus.unwrap_or(found.gpu),
        }
    }
}

fn read_environment(
    environment: &BTreeMap<String, String>,
) -> Result<BTreeMap<&'static str, (String, Source)>, String> {
    let mut values = BTreeMap::new();
    for setting in SETTINGS {
        let name = setting.variable();
        let file = format!("{name}_FILE");
        match (environment.get(&name), environment.get(&file)) {
            (Some(_), Some(_)) => return Err(format!("Set either {name} or {file}, not both.")),
            (Some(value), None) => {
                values.insert(setting.key, (value.clone(), Source::Variable(name)));
            }
            (None, Some(path)) => {
                let text = fs_err::read_to_string(path)
                    .map_err(|error| format!("{file} can't be read: {error}."))?;
                values.insert(
                    setting.key,
                    (text.trim_end_matches(['\r', '\n']).to_owned(), Source::Variable(file)),
                );
            }
            (None, None) => {}
        }
    }
    for name in environment.keys().filter(|name| name.starts_with("PORTICO_")) {
        let is_known = ["PORTICO_CONFIG"].contains(&name.as_str())
            || name.starts_with("PORTICO_TEST_")
            || name == "PORTICO_BINARY"
            || SETTINGS.iter().any(|setting| {
                *name == setting.variable() || *name == format!("{}_FILE", setting.variable())
            });
        if !is_known {
            let key = name.trim_start_matches("PORTICO_").to_ascii_lowercase();
            return Err(format!("The variable {name} is no setting.{}", suggestion(&key)));
        }
    }
    Ok(values)
}

/// " Did you mean …?" where a setting is close.
fn suggestion(key: &str) -> String {
    let close = SETTINGS.iter().find(|setting| {
        setting.key.contains(key) || key.contains(setting.key) || distance(setting.key, key) <= 2
    });
    close.map_or_else(
        || " See `portico config show`.".to_owned(),
        |setting| format!(" Did you mean “{}”?", setting.key),
    )
}

/// The host and port at which people reach SSH.
fn ssh_address(given: &str, public_url: &str, port: u16) -> Result<(String, u16), String> {
    let wrong = || format!("ssh_address: “{given}” is no address. Write it as ssh.example.org:2222.");
    let text = if given.is_empty() { public_url.to_owned() } else { format!("ssh://{given}") };
    let url = url::Url::parse(&text).map_err(|_| wrong())?;
    let host = url.host_str().filter(|host| !host.is_empty()).ok_or_else(wrong)?;
    let is_only_host = matches!(url.path(), "" | "/") && url.query().is_none() && url.username().is_empty();
    if !given.is_empty() && !is_only_host {
        return Err(wrong());
    }
    let port = if given.is_empty() { port } else { url.port().unwrap_or(port) };
    Ok((host.trim_matches(['[', ']']).to_owned(), port))
}

/// How many letters differ (Levenshtein).
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, y) in b.iter().enumerate() {
            let substituted = diagonal + usize::from(x != *y);
            diagonal = row[j + 1];
            row[j + 1] = substituted.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests;
