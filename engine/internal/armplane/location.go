package armplane

// location is a place that resources can say they are in. It means nothing here beyond
// its name: every well-formed name is accepted, and these are the ones that are listed.
type location struct{ name, display string }

var locations = []location{
	{"australiaeast", "Australia East"}, {"australiasoutheast", "Australia Southeast"}, {"brazilsouth", "Brazil South"},
	{"canadacentral", "Canada Central"}, {"canadaeast", "Canada East"}, {"centralindia", "Central India"}, {"centralus", "Central US"},
	{"eastasia", "East Asia"}, {"eastus", "East US"}, {"eastus2", "East US 2"}, {"francecentral", "France Central"},
	{"germanywestcentral", "Germany West Central"}, {"israelcentral", "Israel Central"}, {"italynorth", "Italy North"},
	{"japaneast", "Japan East"}, {"japanwest", "Japan West"}, {"koreacentral", "Korea Central"}, {"koreasouth", "Korea South"},
	{"local", "Local"}, {"mexicocentral", "Mexico Central"}, {"northcentralus", "North Central US"}, {"northeurope", "North Europe"},
	{"norwayeast", "Norway East"}, {"polandcentral", "Poland Central"}, {"qatarcentral", "Qatar Central"},
	{"southafricanorth", "South Africa North"}, {"southcentralus", "South Central US"}, {"southeastasia", "Southeast Asia"},
	{"southindia", "South India"}, {"spaincentral", "Spain Central"}, {"swedencentral", "Sweden Central"},
	{"switzerlandnorth", "Switzerland North"}, {"uaenorth", "UAE North"}, {"uksouth", "UK South"}, {"ukwest", "UK West"},
	{"westcentralus", "West Central US"}, {"westeurope", "West Europe"}, {"westindia", "West India"}, {"westus", "West US"},
	{"westus2", "West US 2"}, {"westus3", "West US 3"},
}

func displayNames() []string {
	names := make([]string, len(locations))
	for i, l := range locations {
		names[i] = l.display
	}
	return names
}
