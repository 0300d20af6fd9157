//! The table of settings. Documentation, schema and checks are made from it.

/// What a value looks like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    Text,
    /// A path; empty where there is none.
    Path,
    Flag,
    /// A whole number of at least this.
    Whole(i64),
    /// A decimal number above 0, or empty.
    Amount,
    /// A whole number from 0 on, or empty.
    Count,
    OneOf(&'static [&'static str]),
    /// IP addresses with commas between.
    Addresses,
    /// IPv4 networks with commas between.
    Networks,
}

impl Shape {
    pub(crate) fn fits(self, value: &str) -> bool {
        match self {
            Self::Text | Self::Path => true,
            Self::Flag => matches!(value, "true" | "false"),
            Self::Whole(least) => value.parse::<i64>().is_ok_and(|number| number >= least),
            Self::Amount => {
                value.is_empty() || value.parse::<f64>().is_ok_and(|number| number > 0.0 && number < 1e9)
            }
            Self::Count => value.is_empty() || value.parse::<u16>().is_ok(),
            Self::OneOf(words) => words.contains(&value),
            Self::Addresses => all::<std::net::IpAddr>(value),
            Self::Networks => all::<ipnet::Ipv4Net>(value),
        }
    }
    /// "a whole number of at least 0"
    pub fn describe(self) -> String {
        match self {
            Self::Text => "a text".to_owned(),
            Self::Path => "a path".to_owned(),
            Self::Flag => "true or false".to_owned(),
            Self::Whole(least) => format!("a whole number of at least {least}"),
            Self::Amount => "a number above 0, or empty".to_owned(),
            Self::Count => "a whole number of at least 0, or empty".to_owned(),
            Self::OneOf(words) => format!("one of {}", words.join(", ")),
            Self::Addresses => "a list of IP addresses with commas between".to_owned(),
            Self::Networks => "a list of IPv4 networks such as 10.0.0.0/8 with commas between".to_owned(),
        }
    }
}

fn all<T: std::str::FromStr>(list: &str) -> bool {
    list.split(',').map(str::trim).filter(|item| !item.is_empty()).all(|item| item.parse::<T>().is_ok())
}

/// One setting.
#[derive(Clone, Copy, Debug)]
pub struct Setting {
    /// Its name in the TOML file. In the environment it is `PORTICO_` and the name in capitals.
    pub key: &'static str,
    pub shape: Shape,
    pub default: &'static str,
    /// Never shown.
    pub is_secret: bool,
    pub about: &'static str,
}

impl Setting {
    /// Its name in the environment; with `_FILE` behind it, the path of a file that holds the value.
    pub fn variable(&self) -> String {
        format!("PORTICO_{}", self.key.to_ascii_uppercase())
    }
}

const fn setting(key: &'static str, shape: Shape, default: &'static str, about: &'static str) -> Setting {
    Setting { key, shape, default, is_secret: false, about }
}

const fn secret(key: &'static str, about: &'static str) -> Setting {
    Setting { key, shape: Shape::Text, default: "", is_secret: true, about }
}

/// Every setting, in the order in which they are documented.
pub const SETTINGS: &[Setting] = &[
    setting(
        "data_dir",
        Shape::Path,
        "data",
        "The folder with everything that Portico keeps. One server at a time uses it.",
    ),
    setting("listen", Shape::Text, "127.0.0.1:8080", "The address of the portal and its APIs."),
    setting(
        "admin_listen",
        Shape::Text,
        "127.0.0.1:9090",
        "The address of /metrics, /healthz and /readyz for operators. Keep it on the loopback.",
    ),
    setting(
        "public_url",
        Shape::Text,
        "",
        "How people reach the portal, such as https://portico.example.org. Default: http:// and the listen address. With https, cookies are kept to TLS.",
    ),
    setting(
        "trusted_proxies",
        Shape::Addresses,
        "",
        "Reverse proxies whose X-Forwarded-For header is believed.",
    ),
    setting(
        "content_listen",
        Shape::Text,
        "",
        "The address of the content origin, which shows what workloads serve (notebooks). Default: the portal's address with the next port. With a content domain it may stay empty: the portal's own listener serves both, by host.",
    ),
    setting(
        "content_url",
        Shape::Text,
        "",
        "How people reach the content origin without a domain for it, such as https://content.example.org. It must differ from public_url in host or port. Default: the host of public_url with the port of content_listen; on one machine localhost for 127.0.0.1 and the other way round.",
    ),
    setting(
        "content_domain",
        Shape::Text,
        "",
        "A domain below which every workload has its own host, such as apps.example.org (with a wildcard DNS record and certificate for *.apps.example.org). Recommended for more than one machine. The portal must not lie in it.",
    ),
    setting(
        "content_requests_per_person",
        Shape::Whole(1),
        "256",
        "Requests to workloads that one person may have under way at once.",
    ),
    setting(
        "content_sockets_per_person",
        Shape::Whole(1),
        "512",
        "WebSockets to workloads that one person may have open at once.",
    ),
    setting(
        "ssh_listen",
        Shape::Text,
        "127.0.0.1:2222",
        "The address at which people reach their notebooks by SSH, with the public keys of their profiles. off: not at all.",
    ),
    setting(
        "ssh_address",
        Shape::Text,
        "",
        "How people reach ssh_listen, as host or host:port. Default: the host of public_url and the port of ssh_listen.",
    ),
    secret(
        "ssh_host_key",
        "The Ed25519 key of the SSH server, as ssh-keygen makes it without a passphrase; give it as PORTICO_SSH_HOST_KEY_FILE. Servers that take turns on one database have the same. Default: ssh_host_key in the data directory, made at the first start.",
    ),
    secret(
        "sealing_keys",
        "The keys with which secrets are sealed in the database, one on a line, as the file sealing_keys holds them; give them as PORTICO_SEALING_KEYS_FILE. Default: sealing_keys in the data directory, made at the first start. Keep a copy apart from the database's backups: without them its secrets are lost.",
    ),
    secret(
        "database_url",
        "sqlite:PATH or postgres://USER:PASSWORD@HOST/DATABASE. Default: portico.db in the data directory.",
    ),
    setting("log_format", Shape::OneOf(&["text", "json"]), "text", "How log lines on standard error look."),
    setting(
        "log_level",
        Shape::Text,
        "info",
        "What is logged: error, warn, info, debug or trace, also per module (info,controller=debug).",
    ),
    setting("time_zone", Shape::Text, "UTC", "The time zone that workloads find in TZ."),
    setting(
        "instance_types_file",
        Shape::Path,
        "",
        "A TOML file with the instance types of a new installation, instead of the built-in ones. It is read while there are none.",
    ),
    setting(
        "job_time_limit",
        Shape::Whole(0),
        "86400",
        "Seconds that a job may run when neither it nor its group says so. 0 is no limit.",
    ),
    setting(
        "notebook_idle",
        Shape::Whole(0),
        "7200",
        "Seconds without activity after which a notebook is stopped when neither it nor its group says so. 0 is never.",
    ),
    setting(
        "notebook_lifetime",
        Shape::Whole(0),
        "0",
        "Seconds after which a notebook is stopped in any case when neither it nor its group says so. 0 is never.",
    ),
    setting("job_retention_days", Shape::Whole(1), "30", "Days that finished jobs and their logs stay."),
    setting(
        "local_cpu",
        Shape::Amount,
        "",
        "Cores that workloads on this machine may claim together. Default: all. More than the machine has overcommits it.",
    ),
    setting(
        "local_memory",
        Shape::Amount,
        "",
        "GiB of memory that workloads on this machine may claim together. Default: all.",
    ),
    setting(
        "local_gpus",
        Shape::Count,
        "",
        "GPUs that workloads on this machine may claim together. Default: all that are found.",
    ),
    setting(
        "local_network",
        Shape::OneOf(&["outbound", "none", "host"]),
        "outbound",
        "What workloads reach: outbound (other machines, and this machine's ports except those on its loopback), none, or host (everything, no isolation).",
    ),
    setting(
        "local_blocked_networks",
        Shape::Networks,
        "169.254.0.0/16",
        "IPv4 networks that workloads don't reach although they reach other machines. The default is where clouds hand out a machine's credentials; add 10.0.0.0/8,172.16.0.0/12,192.168.0.0/16 to keep workloads out of your own network. Containers keep to what their engine blocks.",
    ),
    setting(
        "local_require_isolation",
        Shape::Flag,
        "true",
        "Refuse to run a workload that this machine can't isolate as asked. With false it runs with what there is, and its log says what is missing.",
    ),
    setting(
        "container_engine",
        Shape::Text,
        "auto",
        "What runs container images: auto (Docker or Podman where the server may use its socket), off, or the path of a unix socket.",
    ),
    setting("environments_build", Shape::Flag, "true", "Build images of kind environment on this machine."),
    setting("uv", Shape::Path, "", "The uv program that builds environments. Default: found on PATH."),
    secret(
        "package_index",
        "The package index that environments are built from, as a URL. Default: uv's own.",
    ),
    setting("package_folder", Shape::Path, "", "A folder of wheels that environments are built from."),
    setting(
        "package_offline",
        Shape::Flag,
        "false",
        "Never use the network to build environments; packages come from the folder or the cache.",
    ),
    secret("package_proxy", "The HTTP proxy through which packages are fetched, as a URL."),
    setting(
        "python",
        Shape::Path,
        "",
        "The Python program that environments are built with. Default: the best one found.",
    ),
];
