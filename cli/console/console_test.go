package console

import (
	"bytes"
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"
	"unicode"
)

func TestNumber(t *testing.T) {
	t.Parallel()
	for n, want := range map[int64]string{0: "0", 999: "999", 1000: "1,000", 1234567: "1,234,567", -1234: "-1,234", 100000: "100,000"} {
		if got := Number(n); got != want {
			t.Errorf("%d is %s, want %s", n, got, want)
		}
	}
}

func TestCount(t *testing.T) {
	t.Parallel()
	for n, want := range map[int64]string{0: "0 messages", 1: "1 message", 1200: "1,200 messages"} {
		if got := Count(n, "message"); got != want {
			t.Errorf("%d is %s, want %s", n, got, want)
		}
	}
}

func TestDuration(t *testing.T) {
	t.Parallel()
	for d, want := range map[time.Duration]string{
		0: "0 s", 950 * time.Microsecond: "950 µs", 1234 * time.Microsecond: "1.2 ms", 250 * time.Millisecond: "250 ms",
		1500 * time.Millisecond: "1.5 s", 119 * time.Second: "119 s", 5 * time.Minute: "5 min", 119 * time.Minute: "119 min",
		7 * time.Hour: "7 h", 47 * time.Hour: "47 h", 72 * time.Hour: "3 d",
	} {
		if got := Duration(d); got != want {
			t.Errorf("%d is %s, want %s", d, got, want)
		}
	}
}

func TestClean_and_Fit(t *testing.T) {
	t.Parallel()
	if got := Clean("a\x1b[2Jb\nc\u202edé東"); got != "a [2Jb c dé東" {
		t.Errorf("got %q", got)
	}
	for text, want := range map[string]string{"": "", "éééé": "éééé", "ééééé": "ééé…"} {
		if got := Fit(text, 4); got != want {
			t.Errorf("%q fits as %q, want %q", text, got, want)
		}
	}
}

func TestJSON_is_safe_for_a_terminal_and_says_the_same(t *testing.T) {
	t.Parallel()
	const hidden = "\u009b2J\u0085\u007f\u202e\u2066\u2069\u2028\ufeff\U000e0041\u00a0"
	want := map[string]string{"a" + hidden: "b" + hidden + "é東😀<&>"}
	// As an API may send them: not escaped.
	raw := json.RawMessage(`{"a` + hidden + `":"b` + hidden + `é東😀<&>"}`)
	for name, write := range map[string]func(Console) error{
		"a value":    func(c Console) error { return c.JSON(want) },
		"a document": func(c Console) error { return c.RawJSON(raw, "  ") },
		"a line":     func(c Console) error { return c.JSONLine(want) },
	} {
		var out bytes.Buffer
		if err := write(Console{Out: &out}); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		for _, r := range out.String() {
			if r != '\n' && !unicode.IsPrint(r) {
				t.Errorf("%s: %U is in the output %q", name, r, out.String())
			}
		}
		if !strings.Contains(out.String(), "é東😀") {
			t.Errorf("%s: letters are escaped: %s", name, out.String())
		}
		var got map[string]string
		if err := json.Unmarshal(out.Bytes(), &got); err != nil || !maps.Equal(got, want) {
			t.Errorf("%s: reads as %q, %v", name, got, err)
		}
	}
}

func TestStyle_without_a_terminal_changes_nothing(t *testing.T) {
	t.Parallel()
	file, err := os.Create(filepath.Join(t.TempDir(), "out"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := file.Close(); err != nil {
			t.Error(err)
		}
	})
	for _, style := range []Style{{}, StyleFor(file), StyleFor(&bytes.Buffer{})} {
		if got := style.Good("a") + style.Bad("b") + style.Dim("c"); got != "abc" {
			t.Errorf("got %q", got)
		}
	}
}

func TestProgress_writes_plain_lines_where_there_is_no_terminal(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		total int64
		want  string
	}{
		"of a known total":    {1000, " 30 %  sent 1,200 events, 200 a second\n100 %  sent 4,400 events, 400 a second\n"},
		"of an unknown total": {0, "sent 1,200 events, 200 a second\nsent 4,400 events, 400 a second\n"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				var out bytes.Buffer
				p := NewProgress(&out, "sent", "events", test.total)
				time.Sleep(4 * time.Second)
				p.Add(600, 150) // too soon for a line
				time.Sleep(2 * time.Second)
				p.Add(600, 150)
				time.Sleep(5 * time.Second)
				p.Add(3200, 900)
				p.Done()
				if out.String() != test.want {
					t.Errorf("wrote\n%swant\n%s", out.String(), test.want)
				}
			})
		})
	}
	t.Run("and nothing about what is soon done", func(t *testing.T) {
		t.Parallel()
		var out bytes.Buffer
		p := NewProgress(&out, "sent", "events", 10)
		p.Add(10, 10)
		p.Done()
		if out.Len() > 0 {
			t.Errorf("wrote %q", out.String())
		}
	})
	if !strings.HasPrefix((&Progress{verb: "sent", noun: "events", began: time.Now()}).line(), "sent 0 events") {
		t.Error("no line")
	}
}

func TestConfirm(t *testing.T) {
	t.Parallel()
	for answer, want := range map[string]bool{"y\n": true, "Yes\n": true, "n\n": false, "\n": false, "": false, "y": false} {
		var out strings.Builder
		c := Console{In: strings.NewReader(answer), Out: &out}
		if got := c.Confirm("remove it?"); got != want || out.String() != "remove it? [y/N] " {
			t.Errorf("%q: %v, asked %q", answer, got, out.String())
		}
	}
}

func TestLogger_writes_no_time(t *testing.T) {
	t.Parallel()
	var out strings.Builder
	Console{Err: &out}.Logger().Warn("careful", "n", 1)
	if out.String() != "level=WARN msg=careful n=1\n" {
		t.Errorf("wrote %q", out.String())
	}
}
