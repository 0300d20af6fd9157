# Finds the JupyterLab of a container image and makes ready what it needs; the line that follows runs it.
#
# Any shell may read this, as an image need not have bash. $packages is a folder of the home for what the person
# installs, or nothing where the home has no say.

say() { printf '[portico] %s\n' "$1" >&2; }

# Jupyter's own images, and those made from them, keep here what their entry point would read first.
if [ -n "${BASH_VERSION:-}" ]; then
  for hook in /usr/local/bin/start-notebook.d/*.sh /usr/local/bin/before-notebook.d/*.sh; do
    [ -r "$hook" ] || continue
    . "$hook" || say "$hook of the image failed"
    set +eu
  done
  unset hook
fi

found() { command -v "$1" >/dev/null 2>&1; }
if found jupyter-lab; then
  set -- jupyter-lab
elif found jupyter && jupyter lab --version >/dev/null 2>&1; then
  set -- jupyter lab
elif found python3 && python3 -c 'import jupyterlab' 2>/dev/null; then
  set -- python3 -m jupyterlab
else
  say 'this image has no JupyterLab (no program jupyter-lab). Choose another image, or add the package jupyterlab to it'
  exit 127
fi

for shared in "$PORTICO_GROUP_PATH" "$PORTICO_DATASETS_PATH"; do
  place="$HOME/${shared##*/}"
  [ -e "$place" ] || [ -L "$place" ] || ln -s "$shared" "$place" || say "$place could not be made to lead to $shared"
done
unset shared place

if [ -z "$packages" ]; then
  # Nothing that lies in the home has a say.
  export PYTHONNOUSERSITE=1 JUPYTER_CONFIG_DIR=/tmp/jupyter-config JUPYTER_DATA_DIR=/tmp/jupyter-data
  export IPYTHONDIR=/tmp/ipython
elif python3 -c 'import sys; sys.exit(sys.prefix == sys.base_prefix)' 2>/dev/null; then
  # There pip has no packages of a user, and refuses.
  say 'the Python of this image is a virtual environment: packages that you install with pip last until the notebook stops'
else
  export PYTHONUSERBASE="$packages" PATH="$packages/bin:$PATH" PIP_USER=1
fi

# Kept out of the home, which several notebooks of a person share.
export JUPYTER_RUNTIME_DIR=/tmp/jupyter-runtime
# What the platform adds to JupyterLab, over what the image has.
export JUPYTER_PATH="$ours${JUPYTER_PATH:+:$JUPYTER_PATH}"
export JUPYTER_CONFIG_PATH="$ours/config${JUPYTER_CONFIG_PATH:+:$JUPYTER_CONFIG_PATH}"
