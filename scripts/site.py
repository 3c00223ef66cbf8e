"""Makes pages of the site from what lies beside docs/, and links to the rest at GitHub."""

import posixpath
import re
from pathlib import Path

from mkdocs.exceptions import PluginError
from mkdocs.structure.files import File

ROOT = Path(__file__).resolve().parent.parent
# Pages that are made of files outside of docs/.
OUTSIDE = {"README.md": "index.md", "CONTRIBUTING.md": "contributing.md", "CHANGELOG.md": "changelog.md"}

LINK = re.compile(r"(\]\()([^)\s]+)(\))|((?:src|srcset|href)=\")([^\"]+)(\")")
FENCE = re.compile(r"^ *```.*?^ *```", re.MULTILINE | re.DOTALL)


def on_config(config):
    decisions = sorted((ROOT / "docs/decisions").glob("*.md"))
    config.nav.append({"Decisions": [path.relative_to(ROOT / "docs").as_posix() for path in decisions]})
    return config


def on_files(files, config):
    for source, page in OUTSIDE.items():
        text = (ROOT / source).read_text(encoding="utf-8")
        files.append(File.generated(config, page, content=rewrite(text, source, page, config)))
    return files


def on_page_markdown(markdown, page, config, files):
    if page.file.src_uri in OUTSIDE.values():
        return markdown  # it is rewritten
    return rewrite(markdown, "docs/" + page.file.src_uri, page.file.src_uri, config)


def rewrite(text, source, page, config):
    """Turns the links of a page, as they are in the repository, into those of the site."""

    def one(match):
        before, target, after = match.group(1, 2, 3) if match.group(2) else match.group(4, 5, 6)
        return before + resolve(target, source, page, config) + after

    out, end = [], 0
    for fence in FENCE.finditer(text):
        out += [LINK.sub(one, text[end : fence.start()]), fence.group()]
        end = fence.end()
    return "".join(out) + LINK.sub(one, text[end:])


def resolve(target, source, page, config):
    if "://" in target or target.startswith(("#", "mailto:")):
        return target
    path, hash_, anchor = target.partition("#")
    path = posixpath.normpath(posixpath.join(posixpath.dirname(source), path))
    if not (ROOT / path).exists():
        raise PluginError(f"{source} links to {target}, which does not exist")
    if path in OUTSIDE:
        to = OUTSIDE[path]
    elif path.startswith("docs/") and (ROOT / path).is_file():
        to = path.removeprefix("docs/")
    else:
        return f"{config.repo_url.rstrip('/')}/blob/main/{path}{hash_}{anchor}"
    return posixpath.relpath(to, posixpath.dirname(page) or ".") + hash_ + anchor
