# What kubectl would not take is said in its own words.
size 120 40
see PAUSE
press :
type get nosuchkind
press enter
see the server doesn't have a resource type "nosuchkind"
