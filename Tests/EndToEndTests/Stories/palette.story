# Everything that can be done is found by a part of its name.
see PAUSE
press ctrl-k
see What do you want to do?
type zoo
see Zoom the pane
press enter
see Esc Back
