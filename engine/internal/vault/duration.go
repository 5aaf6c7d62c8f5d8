package vault

import (
	"time"

	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/fault"
)

// Duration is a duration of ISO 8601: PnYnMnDTnHnMnS, or PnW. How long a year or month
// is depends on where it begins.
type Duration struct {
	Years, Months, Days     int
	Hours, Minutes, Seconds int
}

// ParseDuration reads a duration such as P90D, P1Y10D or PT48H. Letters are in upper
// case, numbers are whole and have at most five digits, and at least one is given.
func ParseDuration(text string) (Duration, error) {
	var d Duration
	if len(text) < 3 || len(text) > 32 || text[0] != 'P' {
		return d, errDuration(text)
	}
	weeks := 0
	// Each part may come once, in this order; T opens the second half.
	units := []struct {
		letter byte
		value  *int
	}{{'Y', &d.Years}, {'M', &d.Months}, {'W', &weeks}, {'D', &d.Days}, {'T', nil}, {'H', &d.Hours}, {'M', &d.Minutes}, {'S', &d.Seconds}}
	next, inTime, parts := 0, false, 0
	for rest := text[1:]; rest != ""; parts++ {
		number, digits := 0, 0
		for digits < len(rest) && isDigit(rest[digits]) && digits < 6 {
			number = 10*number + int(rest[digits]-'0')
			digits++
		}
		if digits == len(rest) || digits > 5 {
			return Duration{}, errDuration(text)
		}
		letter := rest[digits]
		rest = rest[digits+1:]
		for next < len(units) && (units[next].letter != letter || letter == 'M' && (next > 4) != inTime) {
			next++
		}
		if next == len(units) || (units[next].value == nil) != (digits == 0) || next > 4 && !inTime {
			return Duration{}, errDuration(text)
		}
		if digits == 0 {
			inTime = true
			if rest == "" {
				return Duration{}, errDuration(text)
			}
		} else {
			*units[next].value = number
		}
		next++
	}
	if weeks != 0 && parts > 1 {
		return Duration{}, errDuration(text)
	}
	d.Days += 7 * weeks
	return d, nil
}

func errDuration(text string) error {
	return fault.New(fault.BadParameter, "Invalid duration: '%s' is not a duration of ISO 8601.", printable(text))
}

// After returns the time d after t, in seconds.
func (d Duration) After(t int64) int64 { return d.add(t, 1) }

// Before returns the time d before t, in seconds.
func (d Duration) Before(t int64) int64 { return d.add(t, -1) }

func (d Duration) add(t int64, sign int) int64 {
	day := time.Unix(t, 0).UTC().AddDate(sign*d.Years, sign*d.Months, sign*d.Days).Unix()
	return day + int64(sign)*(int64(d.Hours)*3600+int64(d.Minutes)*60+int64(d.Seconds))
}

// seconds is the length of d with years of 365 and months of 30 days, to compare it
// with limits.
func (d Duration) seconds() int64 {
	days := 365*int64(d.Years) + 30*int64(d.Months) + int64(d.Days)
	return days*daySeconds + int64(d.Hours)*3600 + int64(d.Minutes)*60 + int64(d.Seconds)
}
