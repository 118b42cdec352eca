# Custom sources carry the metadata of modules, and somebody enables postgresql:10 on a member that has packages of
# postgresql:15 from before. Its agent brings everything else of the release; those no update brings.
world: custom sources have modules
by hand: enable postgresql:10 on db-01
apply
  > exit 3
  > failed db-01: below GL1
  > behind: postgresql-15
# Nothing is tried again that cannot help: it is told apart from one that waits for an update.
plan
  > 0 steps, can start: no
  > held db-01: streams
enable postgresql:15 on db-01
  > Change db-01
  > cost: 1 changing calls, 1 work requests
  > exit 0
  > 2 done
  > changing calls as foretold
enable postgresql:15 on db-01
  > No changes.
# Now an update brings what the release has of the stream, and the level is proven.
apply
  > Change db-01
  > exit 0
plan
  > No changes.
  ! held db-01
