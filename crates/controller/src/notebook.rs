//! How JupyterLab is started for a notebook.

use runner::{ENVIRONMENT_TARGET, HTTP_SOCKET};
use workloads::running::PACKAGE_LAYERS;

/// The program that the script runs, with the reasons in it.
const START: &str = include_str!("notebook/start.py");
/// What a container image's script does before it starts JupyterLab, with the reasons in it.
const START_CONTAINER: &str = include_str!("notebook/start_container.sh");
/// Configuration of the server, for environments and for container images.
const CONFIG: &str = include_str!("notebook/follow_links.py");
const CONTAINER_CONFIG: &str =
    concat!(include_str!("notebook/follow_links.py"), "\n\n", include_str!("notebook/container_config.py"));
/// Where the script puts the program: a folder that nothing else of the person writes to.
const START_TARGET: &str = "/run/portico/jupyter.py";
/// Serves one SSH channel, beside it.
const BRIDGE: &str = include_str!("notebook/bridge.py");
const BRIDGE_TARGET: &str = "/run/portico/bridge.py";
/// Brings open tabs back when the server was away, as an extension of JupyterLab.
const RECONNECT: &str = include_str!("notebook/reconnect.js");
/// A folder of Jupyter's data that the program knows of.
const JUPYTER_TARGET: &str = "/run/portico/jupyter";
/// What a line of the program cannot be.
const END: &str = "END OF THE PROGRAM";

/// What JupyterLab has to know to start.
#[derive(Clone, Copy, Debug)]
pub(crate) struct JupyterStart<'a> {
    /// The path below which the proxy serves it, with a slash at both ends.
    pub(crate) base_url: &'a str,
    /// What its file browser shows.
    pub(crate) root_dir: &'a str,
    /// Where in there it begins.
    pub(crate) preferred_dir: &'a str,
    /// The image's name: packages that a person installs are kept per image and version of Python.
    pub(crate) image: &'a str,
    /// The digest of the image's environment. When it changes, the image's commands are looked up again.
    pub(crate) environment: &'a str,
    /// Whether to ignore everything in the home: packages, configuration, extensions.
    pub(crate) safe_mode: bool,
}

/// The bash script that starts JupyterLab on [`HTTP_SOCKET`].
///
/// It trusts whoever reaches that socket: who may is the proxy's business, as are origins and cross-site requests.
pub(crate) fn jupyter_script(start: &JupyterStart<'_>) -> String {
    let asked = serde_json::json!({
        "packages": folder_name(start.image),
        "environment": start.environment,
        "safe_mode": start.safe_mode,
        "options": options(start),
    });
    let asked = quoted(&asked.to_string());
    let program = program(START_TARGET, START) + &program(BRIDGE_TARGET, BRIDGE);
    let extension = extension("portico-reconnect", RECONNECT);
    let config = server_config(CONFIG);
    format!(
        "{config}{extension}{program}exec {ENVIRONMENT_TARGET}/bin/python -I -S {START_TARGET} prepare {asked}\n"
    )
}

/// The lines of a bash script that configure Jupyter's server, in a folder of its search path.
fn server_config(text: &str) -> String {
    let folder = format!("{JUPYTER_TARGET}/config");
    format!("mkdir -p {folder}\n{}", program(&format!("{folder}/jupyter_server_config.py"), text))
}

/// The lines of a bash script that give JupyterLab an extension of one file.
fn extension(name: &str, text: &str) -> String {
    let folder = format!("{JUPYTER_TARGET}/labextensions/{name}");
    let package = serde_json::json!({
        "name": name,
        "version": env!("CARGO_PKG_VERSION"),
        "jupyterlab": { "extension": true, "_build": { "load": "main.js" } },
    });
    let (package, main) = (
        program(&format!("{folder}/package.json"), &format!("{package}\n")),
        program(&format!("{folder}/main.js"), text),
    );
    format!("mkdir -p {folder}\n{package}{main}")
}

/// The script that starts the JupyterLab of a container image on [`HTTP_SOCKET`].
///
/// Nothing is known of the image's Python, so there is no layer over it: what a person installs goes where Python looks
/// for packages of its user, and that is in the home.
pub(crate) fn container_jupyter_script(start: &JupyterStart<'_>) -> String {
    let packages = match start.safe_mode {
        true => String::new(),
        false => format!("\"$HOME\"/{PACKAGE_LAYERS}/{}", folder_name(start.image)),
    };
    let extension = extension("portico-reconnect", RECONNECT);
    // JupyterLab would ask everybody whether they want to read its news.
    let page =
        serde_json::json!({ "disabledExtensions": { "@jupyterlab/apputils-extension:announcements": true } });
    let folder = format!("{JUPYTER_TARGET}/config/labconfig");
    let page = program(&format!("{folder}/page_config.json"), &format!("{page}\n"));
    let config = server_config(CONTAINER_CONFIG);
    let options: Vec<String> = container_options(start).iter().map(|option| quoted(option)).collect();
    let options = options.join(" ");
    format!(
        "ours={JUPYTER_TARGET}\npackages={packages}\nmkdir -p {folder}\n{page}{config}{extension}\
         {START_CONTAINER}exec \"$@\" {options}\n"
    )
}

/// The line of a bash script that puts a program into a file.
pub(crate) fn program(target: &str, text: &str) -> String {
    format!("cat > {target} <<'{END}'\n{text}{END}\n")
}

fn set(name: &str, value: &str) -> String {
    format!("--{name}={value}")
}

/// What every JupyterLab is told.
fn basic_options(start: &JupyterStart<'_>) -> Vec<String> {
    vec![
        "--no-browser".to_owned(),
        set("ServerApp.sock", HTTP_SOCKET),
        set("ServerApp.sock_mode", "0600"),
        set("ServerApp.base_url", start.base_url),
        set("ServerApp.root_dir", start.root_dir),
        set("ServerApp.preferred_dir", start.preferred_dir),
        set("ServerApp.allow_remote_access", "True"),
        set("ServerApp.disable_check_xsrf", "True"),
        set("IdentityProvider.token", ""),
        set("ContentsManager.allow_hidden", "True"),
        // Idle notebooks are stopped by us, all at once and with a warning.
        set("ServerApp.shutdown_no_activity_timeout", "0"),
        set("MappingKernelManager.cull_idle_timeout", "0"),
        set("TerminalManager.cull_inactive_timeout", "0"),
    ]
}

fn options(start: &JupyterStart<'_>) -> Vec<String> {
    let mut options = basic_options(start);
    options.extend([
        // Nothing is asked of the outside behind anybody's back.
        set("LabApp.news_url", "None"),
        set("LabApp.check_for_updates_class", "jupyterlab.NeverCheckForUpdate"),
        set("LabApp.extension_manager", "readonly"),
        // Looking for language servers starts programs; translating options of a decade ago takes time.
        set("LanguageServerManager.autodetect", "False"),
        set("ServerApp.jpserver_extensions", "notebook_shim=False"),
    ]);
    options
}

/// An image may bring any JupyterLab from version 3 on, and a configuration that was meant for its own entry point.
fn container_options(start: &JupyterStart<'_>) -> Vec<String> {
    let mut options = basic_options(start);
    options.extend([
        // The user of a container is called root where the server is.
        "--allow-root".to_owned(),
        // Any other port, be it from a file or a variable of the image, counts as one too many beside a socket.
        set("ServerApp.port", "8888"),
        // Before version 4 the token was the server's own option, and passwords are set in images.
        set("ServerApp.token", ""),
        set("ServerApp.password", ""),
        set("PasswordIdentityProvider.hashed_password", ""),
    ]);
    options
}

/// A name as one part of a path.
fn folder_name(name: &str) -> String {
    let fine = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '-' | '_');
    name.chars().map(|letter| if fine(letter) { letter } else { '_' }).collect()
}

/// As one word for a shell.
pub(crate) fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests;
