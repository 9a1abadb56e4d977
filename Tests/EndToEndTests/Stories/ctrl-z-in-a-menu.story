# Ctrl-Z works from a menu and from the command line, and what was open still is.
shell true
see PAUSE
press F
see What happens to
press ctrl-z
see Stopped
restored
type fg
press enter
gone Stopped
see What happens to
press esc :
type get po
press ctrl-z
see Stopped
type fg
press enter
gone Stopped
see :get po
press esc
