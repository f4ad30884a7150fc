-- Who may do what in the database. $(STREAM_ANALYTICS_JOB) is the job's name, which is its identity's.
-- Run again at any time.

IF DATABASE_PRINCIPAL_ID('$(STREAM_ANALYTICS_JOB)') IS NULL
CREATE USER [$(STREAM_ANALYTICS_JOB)] FROM EXTERNAL PROVIDER;
GO

-- The job adds rows, and looks at what the tables are; it alters nothing.
GRANT INSERT, SELECT ON SCHEMA::sales TO [$(STREAM_ANALYTICS_JOB)];
GO

-- Readers of reports: add people or groups with ALTER ROLE report_readers ADD MEMBER [name].
IF DATABASE_PRINCIPAL_ID('report_readers') IS NULL
CREATE ROLE report_readers;
GO

GRANT SELECT ON SCHEMA::sales TO report_readers;
GO
