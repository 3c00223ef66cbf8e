package stored

import (
	"io"
	"time"

	"github.com/fluxa/fluxa/cli/console"
)

// meter shows how far an operation has come by the counts of its reports.
type meter struct {
	out      io.Writer
	verb     string
	began    time.Time
	last     int64
	progress *console.Progress
}

// show takes the newest counts. resumed says that an earlier command had begun: what it
// did is not of this one's speed.
func (m *meter) show(done, total int64, resumed bool) {
	if m.progress == nil {
		m.progress = console.NewProgress(m.out, m.verb, "events", total)
		m.progress.Since(m.began)
		if resumed {
			m.progress.Add(0, done)
			m.last = done
		}
	}
	m.progress.Add(int(done-m.last), done-m.last)
	m.last = done
}

func (m *meter) end() {
	if m.progress != nil {
		m.progress.Done()
	}
}
