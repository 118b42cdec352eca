# A group leaves the train: the service's group goes, its instances stay as they are.
apply
  > exit 0
drop backend
plan
  > destroy group.backend
  ! change db-02
apply
  > exit 0
  > changing calls as foretold
  > DELETE managedInstanceGroups/{}
plan
  > No changes.
