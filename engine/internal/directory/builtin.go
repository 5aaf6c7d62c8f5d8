package directory

// CLIClient is the application id of the Azure command line and of the development
// credentials of the Azure SDKs.
const CLIClient = "04b07795-8ddb-461a-bbee-02f9e1bf7b46"

// BuiltInClient reports whether the application id is that of a public client which
// every tenant knows, and its name. Such a client has no secret, so that it names
// itself but proves nothing.
func BuiltInClient(appID string) (name string, ok bool) {
	if appID == CLIClient {
		return "Microsoft Azure CLI", true
	}
	return "", false
}
