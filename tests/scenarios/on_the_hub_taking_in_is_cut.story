world: hub
# Waves are declared for a group that stands in one: each becomes a group of the service. The process dies in between,
# time and again; nobody is lost, and whoever has been taken in is not taken in again.
apply
  > exit 0
set web waves = ["1", "50%"]
cut after 2 changes
apply
  > cut
cut after 2 changes
apply
  > cut
cut after 1 changes
apply
  > cut
apply
  > exit 0
  > 0 failed
groups
  > web/1: 1 on great-linux/GL1
  > web/2: 5 on great-linux/GL1
  > web/3: 5 on great-linux/GL1
plan
  > No changes.
