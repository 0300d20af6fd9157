"""Runs a notebook as a job, with papermill.

It runs on a copy, in the folder that the notebook lies in. The executed notebook goes into the folder of the attempt's
results while it runs, so that what ran before a failure is kept, and beside the notebook at the end; the results also
get it as a page. A cell that fails makes the job fail.
"""

import json
import logging
import os
import shutil
import signal
import sys
import tempfile


def say(text):
    print(f"[portico] {text}", file=sys.stderr, flush=True)


def main(asked):
    # What is asked to stop still writes down what there is.
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))
    result = os.path.join(asked["results"], asked["result"])
    try:
        return execute(asked, result)
    finally:
        if os.path.exists(result):
            keep_beside(asked, result)
            render(asked, result)


def execute(asked, result):
    try:
        import papermill
        from papermill.exceptions import PapermillExecutionError
    except ImportError:
        say("this image has no papermill, which runs notebooks. Add the package papermill to it, or choose another image")
        return 1
    # Names of files may look like templates or addresses to papermill; this one does not.
    copy = os.path.join(tempfile.mkdtemp(), "notebook.ipynb")
    try:
        shutil.copyfile(asked["notebook"], copy)
        kernel, language = kernel_of(copy)
    except (OSError, ValueError) as error:
        say(f"the notebook can't be read: {error}")
        return 1
    logging.getLogger("papermill").setLevel(logging.ERROR)
    say(f"runs {asked['notebook']}")
    try:
        papermill.execute_notebook(
            copy,
            result,
            parameters=asked["parameters"],
            kernel_name=kernel,
            language=language,
            cwd=os.path.dirname(asked["notebook"]),
            progress_bar=False,
            stdout_file=sys.stdout,
            stderr_file=sys.stderr,
        )
    except PapermillExecutionError as error:
        print(error, file=sys.stderr)
        say(f"cell {error.cell_index} failed with {error.ename}")
        return 1
    return 0


def kernel_of(notebook):
    """The notebook's own kernel where this image has it, else Python."""
    from jupyter_client.kernelspec import KernelSpecManager

    with open(notebook, encoding="utf-8") as file:
        metadata = json.load(file).get("metadata", {})
    wanted = metadata.get("kernelspec", {})
    name = wanted.get("name")
    if name in KernelSpecManager().find_kernel_specs():
        language = wanted.get("language") or metadata.get("language_info", {}).get("name")
        return name, language or "python"
    if name:
        say(f"this image has no kernel “{name}”, so the notebook runs in Python")
    return "python3", "python"


def keep_beside(asked, result):
    output = os.path.join(os.path.dirname(asked["notebook"]), asked["output"])
    new = f"{output}.{os.urandom(4).hex()}"
    try:
        shutil.copyfile(result, new)
        os.replace(new, output)
        say(f"the executed notebook is {output}")
    except OSError as error:
        say(f"the executed notebook is kept with the job only: {error}")


def render(asked, result):
    try:
        from nbconvert import HTMLExporter

        # A page that needs nothing from elsewhere: it is shown without a network.
        exporter = HTMLExporter(require_js_url="", jquery_url="", mathjax_url="", mermaid_js_url="")
        page, _ = exporter.from_filename(result)
        page = page.replace('<script src=""></script>', "").encode()
        if len(page) > asked["max_rendered"]:
            say(f"the page of the executed notebook has {len(page) >> 20} MiB, which is too much to be shown")
            return
        new = os.path.join(asked["results"], "new")
        with open(new, "wb") as file:
            file.write(page)
        os.replace(new, os.path.join(asked["results"], asked["rendered"]))
    except Exception as error:
        say(f"the executed notebook could not be made into a page: {error}")


if __name__ == "__main__":
    sys.exit(main(json.loads(sys.argv[1])))
