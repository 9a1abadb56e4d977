# A worker loses its power: the API still believes in it.
see PAUSE
press j f
see worker-2 | Ready | OFF
see 1 fault
