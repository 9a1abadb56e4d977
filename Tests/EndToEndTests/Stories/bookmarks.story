# A moment is marked and come back to.
see PAUSE
press :
type mark calm
press enter
see calm at
press . . j f . .
see 1 fault
press '
see Bookmarks
see calm
press enter
see no faults
see PAST
