# A layout is for sources that are made from then on: what is there stays as it is, and who goes on to a new release goes
# over.
apply
  > exit 0
layout child
plan
  > No changes.
  > note other-layout
retire GL1.1
apply
  > exit 0
no source of GL1.1
want GL1.1 again
plan
  > add release.GL1.1
  > add release._parent
bind canary GL1.1
apply
  > exit 0
  > changing calls as foretold
children of web-01
  > great-linux/_parent
  > great-linux/GL1.1
children of web-02
  > great-linux/GL1
bind canary GL1
apply
  > exit 0
  > changing calls as foretold
plan
  > No changes.
