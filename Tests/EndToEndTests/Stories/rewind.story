# Time goes back to before the plug was pulled.
see PAUSE
press j f . . .
see 1 fault
press <
see PAST
see no faults
press >
see 1 fault
