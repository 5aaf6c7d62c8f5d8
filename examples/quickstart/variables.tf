variable "passwords" {
  description = "First passwords of the people, by name. They are in no state and no plan."
  type        = map(string)
  sensitive   = true
  ephemeral   = true
}

variable "storage_key" {
  description = "A storage account's key. Being a plain attribute it is in the state."
  type        = string
  sensitive   = true
}

variable "signing_pin" {
  description = "A value that must not be in the state."
  type        = string
  sensitive   = true
  ephemeral   = true
}
