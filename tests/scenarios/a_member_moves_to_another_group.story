# web-02 becomes one of the backend's, which rides another release.
bind backend GL1.1
bind canary GL1.1
bind web GL1.1
apply
  > exit 0
bind canary GL1
bind web GL1
bind backend GL1.1
apply
  > exit 0
move web-02 web -> backend
plan
  > change web-02
apply
  > exit 0
  > POST managedInstanceGroups/{}/actions/attachManagedInstance
  > POST managedInstanceGroups/{}/actions/detachManagedInstance
plan
  > No changes.
  > backend: 9 of 10 at GL1.1
