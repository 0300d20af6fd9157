"""Writes assets/icons.svg from the icons of npm's lucide-static: python3 tools/icons.py <unpacked package>/icons"""
import pathlib, re, sys

HERE = pathlib.Path(__file__).resolve().parent.parent
NAMES = """ban chevron-down chevron-left chevron-right chevron-up circle circle-alert circle-check circle-help
clock copy cpu download ellipsis-vertical arrow-down arrow-down-up arrow-up arrow-down-to-line
gauge git-compare hourglass house info key-round keyboard layers loader-circle lock log-out menu monitor moon
panel-left play plus refresh-cw rotate-ccw search search-x server server-off settings shield
sun terminal trash-2 triangle-alert user users wrap-text x check file-text laptop arrow-left
notebook bell external-link circle-stop package folder flask-conical flame sigma timer book-open""".split()
RENAMED = {"circle-help": "circle-question-mark", "wrap-text": "text-wrap"}

out = []
for name in sorted(NAMES):
 path = pathlib.Path(sys.argv[1], name + ".svg")
 if not path.exists():
  path = pathlib.Path(sys.argv[1], RENAMED[name] + ".svg")
 body = re.search(r"<svg[^>]*>(.*)</svg>", path.read_text(), re.S).group(1)
 body = re.sub(r"\s+", " ", body).replace(" />", "/>").replace("> <", "><").strip()
 out.append(f'<symbol id="{name}" viewBox="0 0 24 24">{body}</symbol>')
(HERE / "assets/icons.svg").write_text('<svg xmlns="http://www.w3.org/2000/svg">\n' + "\n".join(out) + "\n</svg>\n")
