# Rules of the train's own, over the plan as `plan --format json` writes it. Results of `deny` and `violation` refuse the
# plan, those of `warn` are shown.
package fleet

import rego.v1

# Nobody is moved off a release that nothing is known of.
deny contains msg if {
	some group in input.groups
	not group.release
	msg := sprintf("group.%s has no release", [group.name])
}

# Databases move by themselves, in a plan of their own.
warn contains msg if {
	some group in input.groups
	group.name == "databases"
	group.work.update > 0
	input.summary.instances.update > group.work.update
	msg := "databases are updated together with others"
}
