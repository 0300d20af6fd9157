"""Starts JupyterLab for a notebook: quickly, and on the packages of its image and those of its owner.

It runs twice. `prepare` makes ready a virtual environment in the person's home that lies over the read-only one of
the image, so that whatever they install, by pip or uv, stays. Then `serve` runs on the Python of that one. Whatever is
wrong with what lies in the home, a notebook starts: at worst on the image alone.
"""

import json
import os
import sys

ENVIRONMENT = "/opt/portico/environment"
TOOLS = "/opt/portico/bin"
# What the platform adds to JupyterLab.
OURS = "/run/portico/jupyter"
# Kept out of the home: several notebooks of a person share that, and the network file systems that it may lie on are
# bad at locks and slow.
RUNTIME = "/tmp/jupyter-runtime"
# How a command of the image begins; it looks for its Python beside itself.
COMMAND = """#!/bin/sh
'''exec' "$(dirname -- "$(realpath -- "$0")")"/'python' "$0" "$@"
' '''
"""
# A command that was copied from the image says so.
COPIED = "# from the image\n"
# What is in the way of a layer. Anything else, such as a full disk, is no reason to set packages aside.
IN_THE_WAY = (NotADirectoryError, FileExistsError, IsADirectoryError, PermissionError)


def say(text):
    print(f"[portico] {text}", file=sys.stderr, flush=True)


def prepare(asked):
    show_shared_files()
    variables = dict(os.environ)
    layer = None
    if not asked["safe_mode"]:
        try:
            layer = lay_over(asked["packages"], asked["environment"])
        except (OSError, ValueError) as error:
            say(f"packages that you install will not be kept: {error}")
    start(asked, layer, variables)


def show_shared_files():
    """Links to the group's files and datasets: JupyterLab's file browser, which begins at the home, leads to them."""
    for variable in ("PORTICO_GROUP_PATH", "PORTICO_DATASETS_PATH"):
        shared = os.environ.get(variable, "")
        place = os.path.join(os.environ["HOME"], os.path.basename(shared))
        if shared and not os.path.lexists(place):
            try:
                os.symlink(shared, place)
            except OSError as error:
                say(f"{place} could not be made to lead to {shared}: {error}")


def start(asked, layer, variables):
    """Goes on as `serve`, on the layer or on the image alone."""
    asked["layer"] = layer
    python, flags = f"{ENVIRONMENT}/bin/python", ["-I"]
    if layer:
        python, flags = f"{layer}/bin/python", []
        variables.update(with_layer(layer, variables))
    else:
        variables.update(without_home(variables))
    # Python would not find its own library.
    variables.pop("PYTHONHOME", None)
    variables["JUPYTER_RUNTIME_DIR"] = RUNTIME
    os.execve(python, [python, *flags, __file__, "serve", json.dumps(asked)], variables)


def with_layer(layer, variables):
    home = variables["HOME"]
    return {
        "VIRTUAL_ENV": layer,
        "PATH": path(variables, f"{layer}/bin", f"{home}/.local/bin", f"{ENVIRONMENT}/bin", TOOLS),
        # Jupyter looks into the virtual environment it runs in, and has to be told of the one below.
        "JUPYTER_PATH": f"{OURS}:{layer}/share/jupyter:{ENVIRONMENT}/share/jupyter",
        "JUPYTER_CONFIG_PATH": f"{OURS}/config:{layer}/etc/jupyter:{ENVIRONMENT}/etc/jupyter",
        "JUPYTERLAB_DIR": f"{ENVIRONMENT}/share/jupyter/lab",
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
    }


def without_home(variables):
    """Nothing that lies in the home has a say."""
    return {
        "VIRTUAL_ENV": ENVIRONMENT,
        "PATH": path(variables, f"{ENVIRONMENT}/bin", TOOLS),
        "PYTHONNOUSERSITE": "1",
        "JUPYTER_CONFIG_DIR": "/tmp/jupyter-config",
        "JUPYTER_DATA_DIR": "/tmp/jupyter-data",
        "JUPYTER_PATH": f"{OURS}:{ENVIRONMENT}/share/jupyter",
        "JUPYTER_CONFIG_PATH": f"{OURS}/config:{ENVIRONMENT}/etc/jupyter",
        "JUPYTERLAB_DIR": f"{ENVIRONMENT}/share/jupyter/lab",
        "IPYTHONDIR": "/tmp/ipython",
    }


def path(variables, *first):
    """The search path with these folders first, and none of another layer."""
    layers = f"{variables['HOME']}/.portico/python/"
    others = variables.get("PATH", "/usr/local/bin:/usr/bin:/bin").split(":")
    return ":".join([*first, *(folder for folder in others if folder not in first and not folder.startswith(layers))])


def lay_over(packages, environment):
    """Makes the layer, or repairs it; the path to it."""
    version = f"{sys.version_info[0]}.{sys.version_info[1]}"
    layer = os.path.join(os.environ["HOME"], ".portico", "python", f"{packages}-{version}")
    try:
        repair(layer, version, environment)
    except IN_THE_WAY:
        # Something lies there that is no layer. It may matter to somebody, so it is kept.
        if not os.path.lexists(layer):
            raise
        aside = f"{layer}.broken-{os.urandom(4).hex()}"
        os.rename(layer, aside)
        say(f"the packages that you installed could not be used and were set aside as {aside}")
        repair(layer, version, environment)
    return layer


def repair(layer, version, environment):
    site = f"{layer}/lib/python{version}/site-packages"
    for folder in (site, f"{layer}/bin"):
        os.makedirs(folder, exist_ok=True)
    with open(f"{ENVIRONMENT}/pyvenv.cfg") as file:
        settings = dict(line.split(" = ", 1) for line in file.read().splitlines() if " = " in line)
    # With packages of the system in sight pip allows `--user`. What counts as the system is the image: the line below
    # puts it there when Python starts, after the layer and after what was installed with `--user`.
    put(f"{layer}/pyvenv.cfg", f"home = {settings['home']}\ninclude-system-site-packages = true\nprompt = portico\n")
    put(f"{site}/_portico.pth", f"import site; site.PREFIXES[:] = [{ENVIRONMENT!r}]\n")
    link(f"{layer}/bin/python", f"{ENVIRONMENT}/bin/python")
    for name in ("python3", f"python{version}"):
        link(f"{layer}/bin/{name}", "python")
    if read(f"{layer}/.environment") != environment:
        copy_commands(f"{layer}/bin")
        put(f"{layer}/.environment", environment)


def copy_commands(folder):
    """The image's commands run on the image's Python, from wherever they are called; these copies on the layer's."""
    for entry in os.scandir(f"{ENVIRONMENT}/bin"):
        command = None if entry.is_symlink() else read(entry.path)
        if command is None or not command.startswith(COMMAND):
            continue
        there = read(f"{folder}/{entry.name}")
        # The person may have installed another version.
        if there is None or COPIED in there:
            body = command.removeprefix(COMMAND)
            put(f"{folder}/{entry.name}", f"#!{folder}/python\n{COPIED}{body}", 0o755)


def read(file):
    try:
        with open(file) as opened:
            return opened.read()
    except (FileNotFoundError, UnicodeDecodeError):
        return None


def put(file, text, mode=0o644):
    """Writes a file at once, unless it is as it should be: two notebooks may start in a home at the same time."""
    if read(file) == text and not os.path.islink(file):
        return
    new = f"{file}.{os.urandom(4).hex()}"
    with open(new, "w", opener=lambda name, flags: os.open(name, flags | os.O_EXCL, mode)) as opened:
        opened.write(text)
    os.replace(new, file)


def link(file, target):
    try:
        if os.readlink(file) == target:
            return
    except OSError:
        pass
    new = f"{file}.{os.urandom(4).hex()}"
    os.symlink(target, new)
    os.replace(new, file)


def serve(asked):
    # What lies beside this file or where it was started is no library.
    sys.path = [folder for folder in sys.path if folder not in ("", os.path.dirname(__file__))]
    try:
        server = initialized(asked)
    except (Exception, SystemExit):
        if not asked["layer"]:
            raise
        import traceback

        traceback.print_exc()
        say("JupyterLab does not start with what is installed or configured in your home, so it starts without")
        start(asked, None, dict(os.environ))
    server.start()


def configured(handler, page_config):
    """What the pages of JupyterLab are told."""
    # It asks everybody whether they want to read its news, also where there are none.
    others = set(page_config.get("disabledExtensions", ()))
    page_config["disabledExtensions"] = sorted(others | {"@jupyterlab/apputils-extension:announcements"})
    # It ignores what the kernel says it does because of these. When it connects again it asks this only, and the state
    # of an idle kernel would stay unknown.
    ignored = page_config.get("untracked_message_types", ())
    page_config["untracked_message_types"] = [kind for kind in ignored if kind != "kernel_info_request"]
    return page_config


def let_in_by_ssh(web_app):
    """The way in for SSH: hands the connection of a request to a process of its own, `bridge.py`.

    Portico's server alone can ask for it: the content origin, where browsers come in, passes on nothing below
    `.portico` and no upgrade but to a WebSocket.
    """
    import subprocess
    import threading

    from tornado.web import HTTPError, RequestHandler

    class Bridge(RequestHandler):
        def get(self):
            if self.request.headers.get("Upgrade") != "portico-bridge":
                raise HTTPError(404)
            stream = self.detach()
            command = [f"{ENVIRONMENT}/bin/python", "-I", "-S", os.path.join(os.path.dirname(__file__), "bridge.py")]
            process = subprocess.Popen(command, stdin=stream.socket, start_new_session=True)
            threading.Thread(target=process.wait, daemon=True).start()
            stream.close()

    web_app.add_handlers(".*$", [(web_app.settings["base_url"] + ".portico/bridge", Bridge)])


def initialized(asked):
    """JupyterLab's server, about to listen. Most of its time goes by in imports."""
    import gc

    # There is hardly any garbage until it runs.
    gc.disable()
    # They make parsers for formats of strings that no schema here uses, the first of them for half a second. Without
    # them those formats are not checked.
    for unused in ("rfc3987_syntax", "rfc3986_validator", "isoduration", "webcolors"):
        sys.modules[unused] = None
    import jupyterlab.commands

    # It asks node, which takes as long, where to get packages to build itself from. It is built.
    jupyterlab.commands._yarn_config = lambda logger: {"yarn config": {}, "npm config": {}}
    from jupyterlab.labapp import LabApp

    server = LabApp.initialize_server(argv=asked["options"])
    server.web_app.settings["page_config_hook"] = configured
    let_in_by_ssh(server.web_app)
    # What was imported stays; to look through it for garbage once more would take a fifth of a second.
    gc.freeze()
    gc.enable()
    return server


if __name__ == "__main__":
    {"prepare": prepare, "serve": serve}[sys.argv[1]](json.loads(sys.argv[2]))
