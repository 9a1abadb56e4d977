# A mistake in a theme is one line with its place.
size 200 24
file orrery/themes/mine.yaml
name: mine
roles:
  nonsense: red
end
see mine.yaml:3:1: unknown role "nonsense"
ends 2
