# The help lists every key, and is narrowed by typing.
see PAUSE
press ?
see Keys
see Harm menu
press /
type harm
see Harm menu
gone Bookmarks
press enter ?
gone ─ Keys
