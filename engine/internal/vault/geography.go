package vault

import "strings"

// geographies are the locations by geography: a backup is restored within one only
// (wire reference 2.5).
var geographies = map[string]string{
	"australiacentral": "australia", "australiacentral2": "australia", "australiaeast": "australia", "australiasoutheast": "australia",
	"brazilsouth": "brazil", "brazilsoutheast": "brazil",
	"canadacentral": "canada", "canadaeast": "canada",
	"eastasia": "asiapacific", "southeastasia": "asiapacific",
	"northeurope": "europe", "westeurope": "europe",
	"francecentral": "france", "francesouth": "france",
	"germanynorth": "germany", "germanywestcentral": "germany",
	"centralindia": "india", "southindia": "india", "westindia": "india", "jioindiawest": "india", "jioindiacentral": "india",
	"japaneast": "japan", "japanwest": "japan",
	"koreacentral": "korea", "koreasouth": "korea",
	"norwayeast": "norway", "norwaywest": "norway",
	"southafricanorth": "southafrica", "southafricawest": "southafrica",
	"swedencentral": "sweden", "swedensouth": "sweden",
	"switzerlandnorth": "switzerland", "switzerlandwest": "switzerland",
	"uaecentral": "uae", "uaenorth": "uae",
	"uksouth": "unitedkingdom", "ukwest": "unitedkingdom",
	"centralus": "unitedstates", "eastus": "unitedstates", "eastus2": "unitedstates", "northcentralus": "unitedstates",
	"southcentralus": "unitedstates", "westcentralus": "unitedstates", "westus": "unitedstates", "westus2": "unitedstates", "westus3": "unitedstates",
	"usgovvirginia": "usgov", "usgovarizona": "usgov", "usgovtexas": "usgov",
}

// Geography returns the geography of a location: Azure's for Azure's locations, the
// location itself for any other.
func Geography(location string) string {
	location = strings.ToLower(strings.ReplaceAll(location, " ", ""))
	if g, ok := geographies[location]; ok {
		return g
	}
	return location
}
