"""Writes the scripts that complete the words of ``hadoopless`` in bash, zsh and fish.

Each script has the whole tree in itself: at a TAB the shell runs nothing but its own functions.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from tools.command_tree import Kind, Node, Option, nodes

_HEAD = (
    "Completes the words of hadoopless. Made by `make diagrams`; hadoopless completion prints it."
)


def scripts(top: Node) -> dict[str, str]:
    """The script of each shell."""
    return {"bash": bash(top), "zsh": zsh(top), "fish": fish(top)}


def quoted(text: str) -> str:
    """*text* as one word of a shell."""
    return "'" + text.replace("'", "'\\''") + "'"


def moves(top: Node) -> dict[str, list[tuple[str, str]]]:
    """The names to which words lead: for each name those of (the name before, the word)."""
    found: dict[str, list[tuple[str, str]]] = {}
    for node in nodes(top):
        for child in node.children:
            found.setdefault(child.name, []).append((node.name, child.word))
    return found


# bash -------------------------------------------------------------------------------------------

_BASH = """\
# {head}
# Needs bash 4.

_hadoopless() {{
    local cur=${{COMP_WORDS[COMP_CWORD]}} prev=${{COMP_WORDS[COMP_CWORD - 1]}}
    local at=hadoopless begin= kind= words= options= word
    COMPREPLY=()
    # Bash may take = for a word of its own, or for a part of one.
    if [[ $cur == = ]]; then
        cur=
    elif [[ $prev == = ]]; then
        prev=${{COMP_WORDS[COMP_CWORD - 2]}}
    elif [[ $cur == --*=* ]]; then
        prev=${{cur%%=*}} begin=${{cur%%=*}}= cur=${{cur#*=}}
    fi
    for word in "${{COMP_WORDS[@]:1:COMP_CWORD - 1}}"; do
        case "$at $word" in
{moves}
        esac
    done
    # What takes a value, and what is offered for it.
    case "$at $prev" in
{values}
    esac
    if [[ -z $kind ]]; then
        case $at in
{offers}
        esac
        if [[ $cur == -* ]]; then
            words=$options kind=word
        elif [[ -n $words ]]; then
            kind=word
        fi
    fi
    case $kind in
        word) mapfile -t COMPREPLY < <(compgen -W "$words" -- "$cur") ;;
        file | rest_file) mapfile -t COMPREPLY < <(compgen -f -- "$cur") ;;
        directory) mapfile -t COMPREPLY < <(compgen -d -- "$cur") ;;
        program | rest_program)
            mapfile -t COMPREPLY < <(
                compgen -f -- "$cur"
                [[ $cur == */* ]] || compgen -c -- "$cur"
            )
            ;;
    esac
    case $kind in
        word) if [[ ${{COMPREPLY[0]}} == *= ]]; then compopt -o nospace; fi ;;
        *) compopt -o filenames ;;
    esac
    if [[ -n $begin ]]; then
        COMPREPLY=("${{COMPREPLY[@]/#/$begin}}")
    fi
}}

complete -F _hadoopless hadoopless
"""


def bash(top: Node) -> str:
    """The script for bash."""
    steps = [
        (" | ".join(quoted(f"{before} {word}") for before, word in ways), name)
        for name, ways in moves(top).items()
    ]
    return _BASH.format(
        head=_HEAD,
        moves="\n".join(f"            {ways}) at={quoted(name)} ;;" for ways, name in steps),
        values="\n".join(_bash_values(top)),
        offers="\n".join(_bash_offers(top)),
    )


def _bash_values(top: Node) -> Iterator[str]:
    for node in nodes(top):
        by_kind: dict[Kind, list[str]] = {}
        for option in node.options:
            if option.metavar is not None:
                by_kind.setdefault(option.kind, []).extend(option.names)
        for kind, names in by_kind.items():
            ways = " | ".join(quoted(f"{node.name} {name}") for name in names)
            yield f"        {ways}) kind={kind.value} ;;"


def _bash_offers(top: Node) -> Iterator[str]:
    for node in nodes(top):
        words = [child.word for child in node.children]
        dashed = [word for word in words if word.startswith("-")]
        options = [_bash_option(option, name) for option in node.options for name in option.names]
        parts = [
            f"words={quoted(' '.join(words))}" if words else "",
            f"options={quoted(' '.join((*dashed, *options)))}" if dashed or options else "",
            f"kind=rest_{node.rest.value}" if node.rest is not Kind.NOTHING else "",
        ]
        if any(parts):
            yield f"            {quoted(node.name)}) {' '.join(filter(None, parts))} ;;"


def _bash_option(option: Option, name: str) -> str:
    return f"{name}=" if option.metavar is not None and name.startswith("--") else name


# zsh --------------------------------------------------------------------------------------------

_ZSH_KINDS = {
    Kind.NOTHING: " ",
    Kind.FILE: "_files",
    Kind.DIRECTORY: "_files -/",
    Kind.PROGRAM: "_hadoopless_program",
}
_ZSH = """\
#compdef hadoopless
# {head}

_hadoopless_program() {{
    _alternative 'files:file:_files' 'commands:command:_command_names -e'
}}

{functions}

if [[ $zsh_eval_context[-1] == loadautofunc ]]; then
    _hadoopless "$@"
else
    compdef _hadoopless hadoopless
fi
"""


def zsh(top: Node) -> str:
    """The script for zsh."""
    functions = "\n\n".join("\n".join(_zsh_function(node)) for node in nodes(top))
    return _ZSH.format(head=_HEAD, functions=functions)


def _zsh_name(node: Node) -> str:
    inner = "" if node.name == "hadoopless" else f"_{node.name}"
    return "_hadoopless" + "".join(char if char.isalnum() else "_" for char in inner)


def _zsh_function(node: Node) -> Iterator[str]:
    """The function for the words behind that of *node*, which is the first of ``$words``."""
    yield f"{_zsh_name(node)}() {{"
    if not node.children:
        yield from _zsh_arguments(node)
        yield "}"
        return
    yield "    if (( CURRENT == 2 )); then"
    yield "        local -a list=("
    for child in node.children:
        yield f"            {quoted(f'{child.word}:{child.summary}')}"
    yield "        )"
    dashed = "-o " if node.children[0].word.startswith("-") else ""
    yield f"        _describe {dashed}-t commands command list"
    if node.options:
        yield "        [[ $words[2] == -* ]] && _arguments \\"
        yield from _zsh_specs(node.options)
    yield "        return"
    yield "    fi"
    yield "    shift words"
    yield "    (( CURRENT-- ))"
    yield "    case $words[1] in"
    for child in node.children:
        yield f"        {child.word}) {_zsh_name(child)} ;;"
    if node.options:
        yield "        *) _arguments \\"
        yield from _zsh_specs(node.options)
        yield "            ;;"
    yield "    esac"
    yield "}"


def _zsh_arguments(node: Node) -> Iterator[str]:
    rest = (
        []
        if node.rest is Kind.NOTHING
        else [quoted(f"*:{node.rest.value}:{_ZSH_KINDS[node.rest]}")]
    )
    if not node.options and not rest:
        yield "    _message 'no more words'"
        return
    yield "    _arguments \\"
    yield from _zsh_specs(node.options, rest)


def _zsh_specs(options: Iterable[Option], more: Iterable[str] = ()) -> Iterator[str]:
    specs = [_zsh_spec(option, name) for option in options for name in option.names]
    lines = [*specs, *more]
    yield from (f"        {line} \\" for line in lines[:-1])
    yield f"        {lines[-1]}"


def _zsh_spec(option: Option, name: str) -> str:
    others = [other for other in option.names if other != name]
    excluded = f"({' '.join(others)})" if others and not option.repeatable else ""
    star = "*" if option.repeatable else ""
    told = "".join(f"\\{char}" if char in "[]:\\" else char for char in option.help)
    equals = "=" if option.metavar is not None and name.startswith("--") else ""
    value = ""
    if option.metavar is not None:
        value = f":{option.metavar.replace(':', ' ')}:{_ZSH_KINDS[option.kind]}"
    return quoted(f"{excluded}{star}{name}{equals}[{told}]{value}")


# fish -------------------------------------------------------------------------------------------

_FISH = """\
# {head}

function __hadoopless_at --description 'Tell if the words so far lead to one of these names'
    set -l at hadoopless
    set -l words (commandline -opc)
    for word in $words[2..-1]
        switch "$at $word"
{moves}
        end
    end
    contains -- $at $argv
end

complete -c hadoopless -f
{completions}
"""


def fish(top: Node) -> str:
    """The script for fish."""
    steps = []
    for name, ways in moves(top).items():
        steps.append(
            "            case " + " ".join(quoted(f"{before} {word}") for before, word in ways)
        )
        steps.append(f"                set at {quoted(name)}")
    return _FISH.format(head=_HEAD, moves="\n".join(steps), completions="\n".join(_fish_lines(top)))


def _fish_lines(top: Node) -> Iterator[str]:
    for node in nodes(top):
        start = f"complete -c hadoopless -n {quoted('__hadoopless_at ' + quoted(node.name))}"
        for child in node.children:
            if child.word.startswith("-"):
                yield f"{start} -o {child.word[1:]} -d {quoted(child.summary)}"
            else:
                yield f"{start} -a {child.word} -d {quoted(child.summary)}"
        for option in node.options:
            yield f"{start} {_fish_option(option)}"
        if node.rest is not Kind.NOTHING:
            yield f"{start} -F"


def _fish_option(option: Option) -> str:
    parts = []
    for name in option.names:
        if name.startswith("--"):
            parts.append(f"-l {name[2:]}")
        else:
            # Hadoop's options, also those of one letter, cannot be written together.
            parts.append(f"-o {name[1:]}" if len(option.names) == 1 else f"-s {name[1:]}")
    if option.metavar is not None:
        parts.append(
            {
                Kind.NOTHING: "-x",
                Kind.FILE: "-rF",
                Kind.PROGRAM: "-rF",
                Kind.DIRECTORY: "-xa '(__fish_complete_directories)'",
            }[option.kind]
        )
    if option.help:
        parts.append(f"-d {quoted(option.help)}")
    return " ".join(parts)
