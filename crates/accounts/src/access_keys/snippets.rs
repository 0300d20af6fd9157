//! A new key as its owner needs it: for `clearml.conf`, for a shell and for a notebook.
//!
//! `clearml-init` takes the three addresses as they are when all are there and differ.

use base::Secret;

struct Addresses {
    web: String,
    api: String,
    files: String,
}

fn addresses(public_url: &str) -> Addresses {
    let web = public_url.trim_end_matches('/').to_owned();
    let api = format!("{web}{}", paths::clearml::API);
    let files = format!("{web}{}", paths::clearml::FILES);
    Addresses { web, api, files }
}

/// The block for `~/clearml.conf`, or to be pasted into `clearml-init`.
pub fn clearml_conf(public_url: &str, label: &str, access_key: &str, secret: &Secret) -> Secret {
    let Addresses { web, api, files } = addresses(public_url);
    let label = if label.is_empty() { String::new() } else { format!("  # {label}\n") };
    Secret::new(format!(
        "api {{\n  web_server: {web}\n  api_server: {api}\n  files_server: {files}\n{label}  credentials {{\n    \
         \"access_key\" = \"{access_key}\"\n    \"secret_key\" = \"{}\"\n  }}\n}}\n",
        secret.expose()
    ))
}

/// Names and values of the variables that the SDK and the agent read.
fn variables(public_url: &str, access_key: &str, secret: &Secret) -> [(&'static str, String); 5] {
    let Addresses { web, api, files } = addresses(public_url);
    [
        ("CLEARML_WEB_HOST", web),
        ("CLEARML_API_HOST", api),
        ("CLEARML_FILES_HOST", files),
        ("CLEARML_API_ACCESS_KEY", access_key.to_owned()),
        ("CLEARML_API_SECRET_KEY", secret.expose().to_owned()),
    ]
}

/// The lines for a shell.
pub fn environment(public_url: &str, access_key: &str, secret: &Secret) -> Secret {
    let lines =
        variables(public_url, access_key, secret).map(|(name, value)| format!("export {name}={value}\n"));
    Secret::new(lines.concat())
}

/// The lines for a cell of a notebook.
pub fn notebook(public_url: &str, access_key: &str, secret: &Secret) -> Secret {
    let lines =
        variables(public_url, access_key, secret).map(|(name, value)| format!("%env {name}={value}\n"));
    Secret::new(lines.concat())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_block_names_three_addresses_without_a_slash_at_the_end() {
        let block = clearml_conf("https://portal.example.org:8443/", "my label", "PKA", &Secret::new("psks"));
        assert_eq!(
            block.expose(),
            "api {\n  web_server: https://portal.example.org:8443\n  \
             api_server: https://portal.example.org:8443/clearml/api\n  \
             files_server: https://portal.example.org:8443/clearml/files\n  # my label\n  credentials {\n    \
             \"access_key\" = \"PKA\"\n    \"secret_key\" = \"psks\"\n  }\n}\n"
        );
    }
}
