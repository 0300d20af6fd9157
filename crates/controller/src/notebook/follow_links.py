"""Configuration of every Jupyter server: whoever may read what a link leads to may download it by that link.

From version 6.6 on Tornado serves nothing outside of the folder itself, and the group's files and datasets are links in
a home. What the person may read is bounded by the sandbox.
"""

from jupyter_server.base.handlers import AuthenticatedFileHandler


def follow_links(initialize):
    def initialized(handler, *args, **kwargs):
        initialize(handler, *args, **kwargs)
        handler.allowed_symlink_directory = "/"

    return initialized


AuthenticatedFileHandler.initialize = follow_links(AuthenticatedFileHandler.initialize)
