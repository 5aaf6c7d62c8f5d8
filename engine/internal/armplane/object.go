package armplane

// Objects are keys and secrets of vaults as the management plane reaches them.
type Objects interface{}

var objectRoutes []route
