# A mistake in a theme is one line with its place.
file orrery/themes/mine.yaml
name: mine
roles:
  nonsense: red
end
see mine.yaml:3:1: unknown role "nonsense"
ends 2
