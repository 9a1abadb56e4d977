# Options and keys from the configuration.
file orrery/config.yaml
theme: nord
speed: 5
keys:
  palette: ctrl-p
  fault-menu: [X]
end
see 5x
press ctrl-p
see What do you want to do?
press esc
press j X
see What happens to worker-2?
