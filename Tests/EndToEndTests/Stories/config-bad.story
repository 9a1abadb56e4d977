# A mistake in the configuration is one line with its place, and exit code 2.
size 200 24
file orrery/config.yaml
theme: nord
speeed: 5
end
see config.yaml:2:1: unknown option "speeed"
ends 2
