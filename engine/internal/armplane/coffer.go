package armplane

var cofferRoutes []route
