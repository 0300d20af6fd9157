"""Configuration of the Jupyter server of a container image, beside what the image has."""


def configured(handler, page_config):
    """What the pages of JupyterLab are told: when an open tab connects again, it asks an idle kernel this only, and
    would ignore what that says."""
    ignored = page_config.get("untracked_message_types", ())
    page_config["untracked_message_types"] = [kind for kind in ignored if kind != "kernel_info_request"]
    return page_config


c = get_config()  # noqa: F821 (Jupyter gives it)
c.ServerApp.tornado_settings.update({"page_config_hook": configured})
