# Each release is a child of the train's own, empty parent: the first switch sees to the parent, later ones attach the
# new child and then detach the old.
layout child
plan
  > add release._parent
apply
  > exit 0
  > changing calls as foretold
  > POST managedInstances/{}/actions/attachChildSoftwareSource
  > POST managedInstances/{}/actions/attachParentSoftwareSource
  > POST managedInstances/{}/actions/detachParentSoftwareSource
sources
  > great-linux/GL1
  > great-linux/GL1.1
  > great-linux/_parent
plan
  > No changes.
children of web-01
  > great-linux/_parent
  > great-linux/GL1
bind canary GL1.1
apply
  > exit 0
  > changing calls as foretold
  > 3    1.0 an instance  POST managedInstances/{}/actions/attachChildSoftwareSource
  > 3    1.0 an instance  POST managedInstances/{}/actions/detachChildSoftwareSource
  ! attachParent
  ! detachParent
children of web-01
  > great-linux/_parent
  > great-linux/GL1.1
# Somebody takes the release off.
by hand: detach the children of web-01
plan
  > drift web-01: parent
apply
  > exit 0
  > changing calls as foretold
plan
  > No changes.
  ! drift
# The old release is retired when all have left it; the parent stays.
bind web GL1.1
bind backend GL1.1
retire GL1
apply
  > exit 0
  > changing calls as foretold
no source of GL1
sources
  > great-linux/_parent
plan
  > No changes.
most updates
  > 2
