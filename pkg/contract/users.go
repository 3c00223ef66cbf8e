package contract

// Users of the database, besides those of the functions. The owner owns the tables and
// cannot log in; the operator is for people, and reads.
const (
	UserOwner    = "fluxa_owner"
	UserOperator = "fluxa_operator"
)

// DatabaseUser returns the user by whom a function logs in. Migrate has none: it logs in
// as the server's administrator, who makes the others.
func DatabaseUser(f Function) string { return "fluxa_" + string(f) }

// DatabaseUsers lists the users who log in. The caller gets a copy.
func DatabaseUsers() []string {
	return []string{DatabaseUser(FunctionProcessor), DatabaseUser(FunctionQuery), DatabaseUser(FunctionMaintain), UserOperator}
}
