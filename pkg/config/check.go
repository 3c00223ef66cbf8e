package config

import (
	"fmt"
	"log/slog"
	"net/url"
	"strings"
)

const (
	maxSeconds       = 43_200
	maxRetentionDays = 36_500
)

func (c *Ingest) check(l *faultList) {
	c.Service.check(l)
	c.Queue.check(l)
	c.Payloads.check(l)
	c.Known.check(l)
}

func (c *Processor) check(l *faultList) {
	c.Service.check(l)
	c.Queue.check(l)
	c.Payloads.check(l)
	c.Database.check(l)
	c.Retry.check(l)
	l.require(isEndpoint(c.DLQURL), &c.DLQURL)
	l.require(isARN(c.TopicARN, "sns"), &c.TopicARN)
	if c.DLQURL != "" && c.DLQURL == c.QueueURL {
		l.add(&c.DLQURL, "must be another queue than "+l.name(&c.QueueURL)+": a given-up message would come back for ever")
	}
}

func (c *Query) check(l *faultList) {
	c.Service.check(l)
	c.Payloads.check(l)
	c.Database.check(l)
	c.Known.check(l)
}

func (c *Migrate) check(l *faultList) {
	c.Service.check(l)
	c.Administration.check(l)
}

func (c *Maintain) check(l *faultList) {
	c.Service.check(l)
	c.Database.check(l)
	c.Reach.check(l)
	c.DailyExport.check(l)
	if c.ExportFormat != "" && c.PayloadBucket == "" {
		l.add(&c.PayloadBucket, "must be set for the daily export ("+l.name(&c.ExportFormat)+")")
	}
	l.require(c.RetentionDays >= 0 && c.RetentionDays <= maxRetentionDays, &c.RetentionDays)
}

func (c *Verify) check(l *faultList) {
	c.Service.check(l)
	for _, version := range []*string{&c.IngestVersion, &c.ProcessorVersion, &c.QueryVersion} {
		l.require(isARN(*version, "lambda") && strings.Count(*version, ":") == 7, version)
	}
}

func (a *Authorize) check(l *faultList) {
	a.Service.check(l)
	u, err := url.Parse(a.Issuer)
	l.require(err == nil && u.Scheme == "https" && u.Host != "", &a.Issuer)
	l.require(a.Audience != "", &a.Audience)
}

func (s *Service) check(l *faultList) {
	l.require(isStage(s.Environment), &s.Environment)
	l.require(s.Release == "" || s.Release == Canary, &s.Release)
	switch s.LogLevel {
	case slog.LevelDebug, slog.LevelInfo, slog.LevelWarn, slog.LevelError:
	default:
		l.refuse(&s.LogLevel)
	}
}

func (q *Queue) check(l *faultList) { l.require(isEndpoint(q.QueueURL), &q.QueueURL) }

func (p *Payloads) check(l *faultList) {
	l.require(isBucket(p.PayloadBucket), &p.PayloadBucket)
}

func (d *Database) check(l *faultList) {
	d.Server.check(l, &d.User, isUser(d.User))
	l.require(d.MaxConns >= 1 && d.MaxConns <= 100, &d.MaxConns)
}

func (a *Administration) check(l *faultList) {
	a.Server.check(l, &a.SecretARN, isARN(a.SecretARN, "secretsmanager"))
}

// check wants either the URL, or the host and who logs in there.
func (s *Server) check(l *faultList, login *string, good bool) {
	byURL, byHost := s.URL != "", s.Host != "" || *login != ""
	switch {
	case byURL && byHost:
		l.add(&s.URL, fmt.Sprintf("and %s with %s are two ways to say the same: set one of them", l.name(&s.Host), l.name(login)))
	case byURL:
		l.require(isDatabaseURL(s.URL.Reveal()), &s.URL)
	case byHost:
		l.require(s.Host != "" && !strings.ContainsAny(s.Host, "/@ ?#"), &s.Host)
		l.require(good, login)
	default:
		l.add(&s.URL, fmt.Sprintf("or %s with %s must say where the database is, but none is set", l.name(&s.Host), l.name(login)))
	}
	l.require(s.Port >= 1 && s.Port <= 65_535, &s.Port)
}

func (r *Retry) check(l *faultList) {
	l.require(r.BaseSeconds >= 1 && r.BaseSeconds <= maxSeconds, &r.BaseSeconds)
	l.require(r.MaxSeconds >= r.BaseSeconds && r.MaxSeconds <= maxSeconds, &r.MaxSeconds)
}

const (
	lowerCase = "abcdefghijklmnopqrstuvwxyz"
	digits    = "0123456789"
)

// consistsOf reports whether text has no other characters. The names are not matched
// with regular expressions: a function would compile them at each of its starts, to
// use them once.
func consistsOf(text, characters string) bool { return strings.Trim(text, characters) == "" }

func isStage(text string) bool {
	return 1 <= len(text) && len(text) <= 32 && consistsOf(text[:1], lowerCase) && consistsOf(text[1:], lowerCase+digits+"-")
}

func isUser(text string) bool { return text != "" && consistsOf(text, lowerCase+digits+"_") }

func isBucket(text string) bool {
	last := len(text) - 1
	return 3 <= len(text) && len(text) <= 63 && consistsOf(text[:1]+text[last:], lowerCase+digits) && consistsOf(text[1:last], lowerCase+digits+".-")
}

func isEndpoint(text string) bool {
	u, err := url.Parse(text)
	return err == nil && (u.Scheme == "https" || u.Scheme == "http") && u.Host != "" && strings.Trim(u.Path, "/") != ""
}

// isDatabaseURL allows a URL without a host: the socket's folder may stand in
// its query.
func isDatabaseURL(text string) bool {
	u, err := url.Parse(text)
	return err == nil && (u.Scheme == "postgres" || u.Scheme == "postgresql") && u.Opaque == ""
}

// isARN checks the six parts of an ARN: arn:partition:service:region:account:resource.
func isARN(text, service string) bool {
	parts := strings.SplitN(text, ":", 6)
	return len(parts) == 6 && parts[0] == "arn" && parts[1] != "" && parts[2] == service && parts[5] != ""
}
