package vault_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/fault"
	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/vault"
)

func TestParseDuration(t *testing.T) {
	for text, want := range map[string]vault.Duration{
		"P90D":           {Days: 90},
		"P3M":            {Months: 3},
		"PT48H":          {Hours: 48},
		"P1Y10D":         {Years: 1, Days: 10},
		"P2W":            {Days: 14},
		"PT1M":           {Minutes: 1},
		"P1M":            {Months: 1},
		"P1Y2M3DT4H5M6S": {Years: 1, Months: 2, Days: 3, Hours: 4, Minutes: 5, Seconds: 6},
		"P00001D":        {Days: 1},
		"P0D":            {},
		"P1MT1M":         {Months: 1, Minutes: 1},
		"P99999DT99999S": {Days: 99999, Seconds: 99999},
	} {
		got, err := vault.ParseDuration(text)
		if err != nil {
			t.Errorf("%s: %v", text, err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: %s", text, diff)
		}
	}
	for _, text := range []string{
		"", "P", "PT", "P1", "1D", "p1d", "P1d", "P-1D", "+P1D", "-P1D", "P1.5D", "P1,5D", "P1DT", "PT1D", "P1H", "P1S", "P1D1D", "P1D1Y", "PT1S1M",
		"P1W1D", "P1Y1W", "PTT1H", "P1TD", "PD", "P1D ", " P1D", "P100000D", "P999999999999999999999D", "P１D", "P1D\x00", "P1DT1H1M1S1S", "PT1M1M",
	} {
		if got, err := vault.ParseDuration(text); !fault.Is(err, fault.BadParameter) {
			t.Errorf("%q: %+v, %v", text, got, err)
		}
	}
}

func TestDurationFollowsTheCalendar(t *testing.T) {
	at := func(s string) int64 {
		when, err := time.Parse(time.DateTime, s)
		if err != nil {
			t.Fatal(err)
		}
		return when.Unix()
	}
	for _, c := range []struct{ text, from, after string }{
		{"P1Y", "2027-03-01 12:00:00", "2028-03-01 12:00:00"},
		{"P3M", "2027-01-15 00:00:00", "2027-04-15 00:00:00"},
		{"P1DT1H1M1S", "2027-12-31 23:00:00", "2028-01-02 00:01:01"},
	} {
		d, err := vault.ParseDuration(c.text)
		if err != nil {
			t.Fatal(err)
		}
		if got := d.After(at(c.from)); got != at(c.after) {
			t.Errorf("%s after %s: %s", c.text, c.from, time.Unix(got, 0).UTC())
		}
		if got := d.Before(at(c.after)); got != at(c.from) {
			t.Errorf("%s before %s: %s", c.text, c.after, time.Unix(got, 0).UTC())
		}
	}
}

func FuzzParseDuration(f *testing.F) {
	for _, seed := range []string{"P90D", "P1Y2M3DT4H5M6S", "P2W", "PT1M", "P1M", "P1DT", "P1W1D", "P999999D", "", "PT"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		d, err := vault.ParseDuration(text)
		if err != nil {
			if !fault.Is(err, fault.BadParameter) {
				t.Errorf("%q: %v", text, err)
			}
			return
		}
		const now = 1_800_000_000
		if d.After(now) < now || d.Before(now) > now || d.Years|d.Months|d.Days|d.Hours|d.Minutes|d.Seconds < 0 {
			t.Errorf("%q: %+v", text, d)
		}
	})
}
