package contract

// ClientPattern is what ValidClient takes, apart from the length, as a regular expression.
const ClientPattern = "[a-z][a-z0-9-]*"

// ValidClient reports whether a name may be that of a client: 1 to ClientLimit letters,
// digits and hyphens, all in lower case, the first one a letter.
func ValidClient(name string) bool {
	if len(name) == 0 || len(name) > ClientLimit {
		return false
	}
	for i := range len(name) {
		switch c := name[i]; {
		case 'a' <= c && c <= 'z', i > 0 && ('0' <= c && c <= '9' || c == '-'):
		default:
			return false
		}
	}
	return true
}
