# faultline.bash - completes commands, options and their values in bash.
#
# Idea: nothing is listed here that the program can tell itself: commands and options come from its help,
# names of policies and allocators from its lists.  So this file cannot go stale.
# Needs bash alone.  Installed as share/bash-completion/completions/faultline; or `source` it.

_faultline_commands() {
    "$1" help 2>/dev/null | sed -n '/^Commands:/,/^$/s/^  \([a-z]*\) .*/\1/p'
}

# _faultline_options PROGRAM COMMAND: "--set=/POINTER=VALUE" and so on, one a line.
_faultline_options() {
    "$1" help "$2" 2>/dev/null | sed -n '/^Options:/,/^$/s/^  .*\(--[a-z][^ ]*\).*/\1/p'
}

# The words behind an option that is one of a few: --format=text|json.
_faultline_choices() {
    _faultline_options "$1" "$2" | sed -n "s/^$3=\(.*|.*\)/\1/p" | tr '|' '\n'
}

_faultline_names() {
    "$1" list "$2" 2>/dev/null | sed -n 's/^\([a-z0-9][^ ]*\)  *.*/\1/p'
}

# _faultline_value PROGRAM COMMAND OPTION: what may stand behind it; fails if that is a file.
_faultline_value() {
    case $3 in
    --policy | --allocator)
        local topic=policies
        [ "$3" = --allocator ] && topic=allocators
        _faultline_names "$1" $topic
        case $2 in compare | curve) echo all ;; esac
        ;;
    --color) printf '%s\n' auto always never ;;
    --check) printf '%s\n' end every ;;
    --only) printf '%s\n' ops heap syscalls faults minor major invalid evictions processes zeroing ;;
    --load-control) printf '%s\n' none l=s 50% working-set all ;;
    --proc) printf '%s\n' status smaps smaps_rollup rusage meminfo vmstat all ;;
    --format) _faultline_choices "$1" "$2" "$3" ;;
    *) return 1 ;;
    esac
}

# _faultline_reply CURRENT WORDS: those that go on as CURRENT does, behind its last comma.
_faultline_reply() {
    local before=
    case $1 in *,*) before=${1%,*}, ;; esac
    mapfile -t COMPREPLY < <(compgen -P "$before" -W "$2" -- "${1##*,}")
}

_faultline() {
    local program=$1 current=$2 previous=$3 command=${COMP_WORDS[1]} words
    COMPREPLY=()
    if [ "$COMP_CWORD" -eq 1 ]; then
        _faultline_reply "$current" "$(_faultline_commands "$program")"
        return
    fi
    # bash takes --policy=lru for three words.
    if [ "$current" = = ]; then
        current=
    elif [ "$previous" = = ]; then
        previous=${COMP_WORDS[COMP_CWORD - 2]}
    fi
    case $previous in
    --*)
        if words=$(_faultline_value "$program" "$command" "$previous"); then
            _faultline_reply "$current" "$words"
            return
        fi
        ;;
    esac
    case $command:$current in
    *:-*)
        words=$(_faultline_options "$program" "$command" | sed 's/[=[].*//')
        _faultline_reply "$current" "$words"
        ;;
    help:*) _faultline_reply "$current" "$(_faultline_commands "$program") ops heap" ;;
    list:*) _faultline_reply "$current" "policies allocators counters costs events mmus" ;;
    *) mapfile -t COMPREPLY < <(compgen -f -- "$current") ;;
    esac
}

complete -o filenames -F _faultline faultline
