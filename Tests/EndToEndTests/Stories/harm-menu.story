# F lists what can happen to a machine, each with its price.
see PAUSE
press j F
see What happens to worker-2?
see Power off
see Shut down (stop gracefully)
see Cut off from everybody
see Drain | evicts
press esc
gone What happens to
