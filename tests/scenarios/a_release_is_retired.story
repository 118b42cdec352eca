# All groups go on and the old release is retired in the same plan: its source goes when the last has left it.
apply
  > exit 0
bind canary GL1.1
bind web GL1.1
bind backend GL1.1
retire GL1
plan
  > destroy release.GL1
apply
  > exit 0
  > changing calls as foretold
  > DELETE softwareSources/{}
sources
  > great-linux/GL1.1
no source of GL1
plan
  > No changes.
# Wanted again, it is made anew.
want GL1 again
plan
  > add release.GL1
apply
  > exit 0
bind canary GL1
apply
  > exit 0
plan
  > No changes.
